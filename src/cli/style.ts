// Colours, for each output by what it is connected to; the home of chalk, which does not know NO_COLOR by itself.
import {Chalk, type ChalkInstance, supportsColor, supportsColorStderr} from 'chalk'

// https://no-color.org: any value but the empty one.
const isPlain = Boolean(process.env['NO_COLOR'])

const styleFor = (support: typeof supportsColor): ChalkInstance =>
  new Chalk({level: isPlain || !support ? 0 : support.level})

/** For standard output. */
export const style = styleFor(supportsColor)
/** For standard error. */
export const errorStyle = styleFor(supportsColorStderr)
