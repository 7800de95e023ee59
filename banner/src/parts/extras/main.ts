/** Verbs of the script global that few pages call; fetched with the first call. */
import { loadScript, provide } from '../../core/door'
import { eraseCookies } from './jar'

provide('extras', { eraseCookies, loadScript })
