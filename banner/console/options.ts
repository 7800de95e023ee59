// How the kinds of charts look: in the colours and letters of the page as they are now.
import type { ChartConfiguration, ChartOptions, TooltipItem } from 'chart.js'
import type { Numbers, Series } from './table'

export type Kind = 'days' | 'line' | 'shares' | 'ranks'
type Mixed = 'bar' | 'line'
type Colour = (name: string) => string

/** Returns what Chart.js draws. */
export function drawing(kind: Kind, numbers: Numbers, style: CSSStyleDeclaration): ChartConfiguration<Mixed> {
  const colour: Colour = (name) => style.getPropertyValue(`--${name}`).trim()
  const series = numbers.series.filter(({ values }) => values.some((value) => value !== null && value !== 0))
  return {
    type: kind === 'line' ? 'line' : 'bar',
    data: {
      labels: [...numbers.labels],
      datasets: series.map((one) => (kind === 'line' ? line(one, colour) : bar(one, colour, kind === 'shares'))),
    },
    options: options(kind, series.length, style, colour),
  }
}

function bar({ name, colour: of, values }: Series, colour: Colour, isShare: boolean) {
  return {
    label: name,
    data: [...values],
    backgroundColor: colour(of),
    borderColor: colour('sheet'), // neighbours are told apart by the line between them, not by colour alone
    borderWidth: isShare ? { right: 2 } : { top: 2 },
    borderSkipped: false as const,
    maxBarThickness: 28,
  }
}

function line({ name, colour: of, values }: Series, colour: Colour) {
  return {
    label: name,
    data: [...values],
    borderColor: colour(of),
    backgroundColor: colour(of),
    borderWidth: 2,
    pointRadius: values.length > 62 ? 0 : 2,
    pointHoverRadius: 5,
    spanGaps: false,
  }
}

function options(kind: Kind, count: number, style: CSSStyleDeclaration, colour: Colour): ChartOptions<Mixed> {
  const lies = kind === 'shares' || kind === 'ranks'
  const ticks = { color: colour('soft'), font: { family: style.fontFamily, size: 12 } }
  const counted = {
    stacked: kind !== 'line',
    beginAtZero: true,
    ...(kind === 'shares' ? { max: 100 } : {}),
    grid: { color: colour('line') },
    border: { display: false },
    ticks: { ...ticks, precision: 0, maxTicksLimit: 5, callback: (value: string | number) => amount(Number(value), kind) },
  }
  const named = {
    stacked: kind !== 'line',
    grid: { display: false },
    border: { color: colour('line') },
    ticks: { ...ticks, autoSkip: !lies, maxRotation: 0, autoSkipPadding: 16 },
  }
  return {
    indexAxis: lies ? 'y' : 'x',
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: 'index', axis: lies ? 'y' : 'x', intersect: false },
    scales: lies ? { x: counted, y: named } : { x: named, y: counted },
    plugins: {
      legend: {
        display: count > 1,
        position: 'bottom',
        labels: { ...ticks, boxWidth: 12, boxHeight: 12, color: colour('ink') },
        onClick: () => undefined, // a click that takes a series out would have no way by keyboard
      },
      tooltip: {
        bodyFont: { family: style.fontFamily },
        titleFont: { family: style.fontFamily },
        callbacks: { label: (item) => ` ${item.dataset.label}: ${amount(valueIn(item, lies), kind)}` },
      },
    },
  }
}

function valueIn(item: TooltipItem<Mixed>, lies: boolean): number {
  return (lies ? item.parsed.x : item.parsed.y) ?? 0
}

function amount(value: number, kind: Kind): string {
  const text = value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })
  return kind === 'shares' ? `${text} %` : text
}
