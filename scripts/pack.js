// Before `npm pack`: a package without its built files would be empty.
import {setUpForPacking} from './setup.js'

setUpForPacking()
