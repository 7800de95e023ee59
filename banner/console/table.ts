// The numbers of a chart: read from the table that stands under it, so that both say the same.

const LABEL_LETTERS = 26

export interface Series {
  readonly name: string
  readonly colour: string // the name of a CSS variable
  readonly values: readonly (number | null)[]
}

export interface Numbers {
  readonly labels: readonly string[]
  readonly series: readonly Series[]
}

/**
 * Reads a table: rows are labels, columns with data-series are series; a cell without data-value is a gap.
 * Days stand in a table newest first, and in a chart from left to right, without their year.
 */
export function numbersOf(table: HTMLTableElement, areDays: boolean): Numbers {
  const rows = [...(table.tBodies[0]?.rows ?? [])]
  if (areDays) rows.reverse()
  const label = (row: HTMLTableRowElement) => row.cells[0]?.innerText.trim() ?? ''
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])]
  return {
    labels: rows.map((row) => (areDays ? label(row).slice(5) : short(label(row)))),
    series: heads.flatMap((head, column) => {
      const colour = head.dataset['series']
      if (!colour) return []
      return [{ name: head.innerText.trim(), colour, values: rows.map((row) => valueOf(row.cells[column])) }]
    }),
  }
}

function short(label: string): string {
  return label.length > LABEL_LETTERS ? `${label.slice(0, LABEL_LETTERS - 1)}…` : label
}

function valueOf(cell: HTMLTableCellElement | undefined): number | null {
  const value = cell?.dataset['value']
  return value ? Number(value) : null
}
