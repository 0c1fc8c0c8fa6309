// A project's life: names that are typed to delete it, work on whole projects as it goes on, and being told of it.

import { all, element, need } from "./dom";
import { ProjectSocket } from "./project/socket";
import type { ProjectMessage } from "./project/messages";

type JobMessage = Extract<ProjectMessage, { type: "job" }>;
type LifeMessage = Extract<ProjectMessage, { type: "project" }>;

/** Wire up what the page shows of it. */
export function setUpLife(): void {
  for (const form of all<HTMLFormElement>("form[data-typed-name]")) guardByName(form);
  // The project page has a socket of its own.
  if (!document.querySelector("#project-data")) watchJobs();
}

/** The button that deletes can be pressed once the project's name is typed. Without scripts the server asks the same. */
function guardByName(form: HTMLFormElement): void {
  const field = need<HTMLInputElement>("[name=name]", form);
  const button = need<HTMLButtonElement>("[type=submit]", form);
  const show = () => (button.disabled = field.value.trim() !== (form.dataset["typedName"] ?? "").trim());
  field.addEventListener("input", show);
  show();
}

/** A page that learns of a project's end by the end of its socket waits so long: it may be told the same again. */
const GONE_MS = 2_000;

/** One socket for each project whose work is shown. A project that is deleted takes its socket along, and the last
 * message may come too late for it; so the end of the socket, and a connection that was lost meanwhile, count as news. */
export function watchJobs(reload: () => void = () => location.reload()): void {
  const paths = new Set(all("[data-job]").map((box) => box.dataset["socket"] ?? ""));
  for (const path of paths) {
    let connected = false;
    new ProjectSocket(
      path,
      (message) => {
        if (message.type === "job") showJob(message);
        if (message.type === "snapshot" && connected) reload();
        connected ||= message.type === "snapshot";
      },
      () => undefined,
      () => setTimeout(reload, GONE_MS),
    );
  }
}

/** How far a job is; a page that shows what it makes is loaded again when it ends. */
export function showJob(job: JobMessage): void {
  const box = document.querySelector<HTMLElement>(`[data-job="${job.id}"]`);
  if (!box) return;
  const waiting = { queued: "waiting", failed: "failed", done: "done", running: `${job.done} of ${job.total}` };
  need("[data-job-count]", box).textContent = waiting[job.state];
  const meter = need("[data-job-meter]", box);
  meter.ariaValueNow = String(job.done);
  need(".meter__fill", meter).style.setProperty("--part", `${(100 * job.done) / Math.max(1, job.total)}%`);
  const reason = need("[data-job-reason]", box);
  reason.hidden = !job.reason;
  reason.textContent = job.reason ?? "";
  if (job.state === "done" && !job.reason) location.reload();
}

const SAID: Readonly<Record<LifeMessage["state"], string>> = {
  active: "This project was restored and can be changed again.",
  archived: "This project was archived: it can be viewed but not changed.",
  bin: "This project was moved to the bin.",
};

/** The page is of how the project was before: say what it is now, and offer to load it again. */
export function showLife({ state }: LifeMessage): void {
  document.querySelector("[data-life-news]")?.remove();
  const box = element("div", "alert alert--warning alert--bar");
  box.role = "alert";
  box.dataset["lifeNews"] = "";
  const reload = element("button", "button", "Reload");
  reload.type = "button";
  reload.addEventListener("click", () => location.reload());
  box.append(element("p", "", SAID[state]), reload);
  need("main").prepend(box);
}
