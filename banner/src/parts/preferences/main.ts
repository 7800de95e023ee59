/** The second layer as a file of its own: fetched when somebody wants the details, a moment before if possible. */
import { adoptStyles, provide } from '../../core/door'
import { closePreferences, openPreferences } from './dialog'
import css from './styles.css'

adoptStyles(css)
provide('preferences', { open: openPreferences, close: closePreferences })
