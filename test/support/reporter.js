// Prints each test as mocha does, and at the very end how many there were, alone on a line.
import mocha from 'mocha'

export default class Reporter extends mocha.reporters.Spec {
  epilogue() {
    super.epilogue()
    const {passes, failures} = this.stats
    console.log(`${passes} passed, ${failures} failed`)
  }
}
