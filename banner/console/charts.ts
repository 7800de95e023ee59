// Draws a chart above each table that asks for one. Without this script the tables stand there alone.
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js'
import { drawing, type Kind } from './options'
import { numbersOf } from './table'

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
)

const MOST_LABELS = 40

interface Drawn {
  readonly figure: HTMLElement
  readonly chart: Chart<'bar' | 'line'>
  readonly paint: () => void
}

function draw(figure: HTMLElement): Drawn[] {
  const table = figure.querySelector('table')
  const plot = figure.querySelector<HTMLElement>('.plot')
  const canvas = plot?.querySelector('canvas')
  if (!table || !plot || !canvas) return []
  const kind = figure.dataset['chart'] as Kind
  const areDays = kind === 'days' || kind === 'line'
  const numbers = numbersOf(table, areDays) // before the table is folded
  plot.hidden = false
  if (!areDays) plot.style.height = `${Math.min(numbers.labels.length, MOST_LABELS) * 2.25 + 5}rem`
  figure.querySelector('details')?.removeAttribute('open')
  const wanted = () => drawing(kind, numbers, getComputedStyle(figure))
  const chart = new Chart<'bar' | 'line'>(canvas, wanted())
  const paint = () => {
    const { data, options } = wanted()
    chart.data = data
    if (options) chart.options = options
    chart.resize()
    chart.update('none')
  }
  return [{ figure, chart, paint }]
}

const drawn = [...document.querySelectorAll<HTMLElement>('[data-chart]')].flatMap(draw)
const paintAll = () => {
  for (const { paint } of drawn) paint()
}

// Colours are those of the page: of the other theme, and of paper.
for (const media of ['(prefers-color-scheme: dark)', 'print']) matchMedia(media).addEventListener('change', paintAll)

let folded: HTMLDetailsElement[] = []
addEventListener('beforeprint', () => {
  folded = drawn.flatMap(({ figure }) => [...figure.querySelectorAll<HTMLDetailsElement>('details:not([open])')])
  for (const details of folded) details.open = true
})
addEventListener('afterprint', () => {
  for (const details of folded) details.open = false
})
