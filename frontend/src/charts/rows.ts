// What a chart shows: the rows of the table behind it.

/** A row of the table. A figure without an interval has no `low` and `high`. */
export interface Row {
  label: string;
  value: number;
  low: number | null;
  high: number | null;
  /** Of a row with several series, one value for each. */
  values: number[];
  /** What is said of it under the pointer: the row's own text. */
  text: string;
}

/** The attributes of a table row that has a point in the chart. */
export interface Given {
  label: string;
  value: string | undefined;
  low: string | undefined;
  high: string | undefined;
  /** Numbers of several series, with commas between. */
  values?: string | undefined;
  text: string;
}

/** The rows that have a number, in the table's order. */
export function rowsOf(given: readonly Given[]): Row[] {
  const rows: Row[] = [];
  for (const one of given) {
    const values = one.values ? one.values.split(",").map(Number).filter(Number.isFinite) : [];
    const value = numberOf(one.value) ?? (values.length > 0 ? values.reduce((sum, part) => sum + part, 0) : null);
    if (value === null) continue;
    rows.push({ label: one.label, value, low: numberOf(one.low), high: numberOf(one.high), values, text: one.text });
  }
  return rows;
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const found = Number(text);
  return Number.isFinite(found) ? found : null;
}

/** A label that fits beside an axis. */
export function short(label: string, most = 24): string {
  return label.length <= most ? label : `${label.slice(0, most - 1).trimEnd()}…`;
}
