// Which days of an axis are named, so that labels can be read whether it has a week or a year.

/** At most so many labels: they fit beside each other on the narrowest chart. */
const MOST = 7;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;

interface Step {
  monthly: boolean;
  /** Whether an axis of this step names a day; `before` is the day of the row before. */
  names: (day: Date, before: Date | undefined) => boolean;
}

/** From the finest to the coarsest. Several weeks and months count from fixed ones, so labels stay as days pass. */
const STEPS: Step[] = [
  { monthly: false, names: () => true },
  ...[1, 2, 4].map((every) => ({
    monthly: false,
    names: (day: Date) => day.getUTCDay() === 1 && ((day.getTime() / DAY_MS + 3) / 7) % every === 0,
  })),
  ...[1, 2, 3, 6, 12].map((every) => ({
    monthly: true,
    names: (day: Date, before: Date | undefined) => {
      const begins = before === undefined ? day.getUTCDate() === 1 : before.getUTCMonth() !== day.getUTCMonth();
      return begins && day.getUTCMonth() % every === 0;
    },
  })),
];

/** The labels of an axis of days (“2026-11-30”, in order) by their places; null when these are no days. */
export function dayLabels(names: readonly string[]): Map<number, string> | null {
  const days = names.map((name) => new Date(/^\d{4}-\d{2}-\d{2}$/.test(name) ? `${name}T00:00Z` : NaN));
  if (days.length === 0 || days.some((day) => isNaN(day.getTime()))) return null;
  for (const step of STEPS) {
    const named = days.flatMap((day, place) => (step.names(day, days[place - 1]) ? [place] : []));
    if (named.length <= MOST)
      return new Map(named.map((place, nth) => [place, text(days, place, named[nth - 1], step)]));
  }
  return new Map([[0, names[0] ?? ""]]); // more than seven years
}

/** A day or a month; with its year where that is another than the label before says. */
function text(days: readonly Date[], place: number, before: number | undefined, { monthly }: Step): string {
  const day = days[place] as Date;
  const year = day.getUTCFullYear();
  const known = before === undefined ? !monthly : days[before]?.getUTCFullYear() === year;
  const month = MONTHS[day.getUTCMonth()] ?? "";
  return `${monthly ? "" : `${String(day.getUTCDate())} `}${month}${known ? "" : ` ${String(year)}`}`;
}
