/** `DNT: 1`, where a site wants to heed it, counts like Global Privacy Control (it has no law behind it any more). */
import { config } from '../../core/door'

if (navigator.doNotTrack === '1') (config as { signal?: true }).signal = true
