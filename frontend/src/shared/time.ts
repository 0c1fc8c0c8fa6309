/** Times for people, as the server's pages write them. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** “30 Nov 2026, 10:33”, in the browser's time zone. What is no time stays as it is. */
export function shortTime(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${time.getDate()} ${MONTHS[time.getMonth()]!} ${time.getFullYear()}`;
  return `${day}, ${two(time.getHours())}:${two(time.getMinutes())}`;
}
