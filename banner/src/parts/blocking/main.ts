/**
 * Automatic blocking: what the page did not mark itself is held back by the hosts and names that the notice lists, at
 * the prototypes, so before it starts. It sees what comes after it: the tag belongs at the top of the head, without
 * async. Limit: what the parser has already asked for (an image or frame in the page's own HTML) may have been fetched.
 */
import { watchElements } from './elements'
import { watchTraffic } from './traffic'

watchElements()
watchTraffic()
