/** Frames, images and links that wait, and what a visitor sees in place of a frame meanwhile. */
import { adoptStyles, provide } from '../../core/door'
import { hold, scan } from './embeds'
import { uncoverAll } from './placeholder'
import css from './styles.css'

adoptStyles(css)
provide('embeds', { scan, hold, uncoverAll })
scan()
