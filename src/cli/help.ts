// The help texts: calm at 80 columns, and written as commands can be typed here.
import {Help as OclifHelp} from '@oclif/core/help'

export default class Help extends OclifHelp {}
