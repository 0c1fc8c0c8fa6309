// Sends a large file in parts, by the tus protocol 1.0: a lost connection costs one part. Where a file is on the server
// is kept in the browser, so that after a reload the same file, chosen again, goes on where it was.

import { pauseAfter } from "../../shared/backoff";
import { csrfToken } from "../../shared/csrf";
import { errorOf, HttpError, jsonOf } from "../http";

/** Smaller files are sent at once: sending them again costs little. */
export const RESUMABLE_FROM = 8 * 1024 * 1024;

const PART = 4 * 1024 * 1024;
const PAUSES = { first: 1_000, longest: 20_000 };

/** Failures in a row after which it is given up; each part that arrives begins anew. */
const TRIES = 12;

/** Statuses that may pass: no answer, too many requests, a part that does not fit (any more), one that was damaged. */
const PASSING = new Set([0, 408, 409, 423, 429, 460]);

interface Reply {
  status: number;
  header: (name: string) => string;
  text: string;
}

/**
 * Send a file; returns its number, by which it is then made a file of an upload or an import.
 *
 * @param start - where files are announced: `/api/projects/<id>/resumable`
 * @param tell - is told how many bytes have left
 */
export async function sendInParts(
  file: File,
  path: string,
  start: string,
  tell: (sent: number) => void,
): Promise<number> {
  const key = keyOf(file, path, start);
  let address = recall(key);
  for (let failures = 0; ;) {
    try {
      let offset = address ? await offsetAt(address) : 0;
      address ??= await announce(file, path, start);
      remember(key, address);
      while (offset < file.size) {
        offset = await sendPart(file, address, offset, tell);
        failures = 0;
      }
      tell(file.size);
      return Number(address.slice(address.lastIndexOf("/") + 1));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const lost = address !== null && (error.status === 404 || error.status === 410);
      if (lost) {
        forget(file, path, start);
        address = null;
      } else if (!PASSING.has(error.status) && error.status < 500) throw error;
      if (++failures === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(failures, PAUSES)));
    }
  }
}

/** The file is where it should be: the next one of the same name is another one. */
export function forget(file: File, path: string, start: string): void {
  try {
    localStorage.removeItem(keyOf(file, path, start));
  } catch {
    return; // a browser that keeps nothing has nothing to forget
  }
}

/** Paths of the files that were begun to be sent to `start` in this browser, and did not arrive as a whole. */
export function unfinished(start: string): string[] {
  try {
    const keys = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? "");
    const ours = keys.filter((key) => key.startsWith(`parts ${start} `));
    return ours.map((key) => key.slice(`parts ${start} `.length).replace(/^\d+ -?\d+ /, "")).sort();
  } catch {
    return []; // a browser that keeps nothing
  }
}

function keyOf(file: File, path: string, start: string): string {
  return `parts ${start} ${file.size} ${file.lastModified} ${path}`;
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, address: string): void {
  try {
    localStorage.setItem(key, address);
  } catch {
    return; // full or forbidden: only a reload of the page would have used it
  }
}

async function announce(file: File, path: string, start: string): Promise<string> {
  const metadata = [`filename ${base64(file.name)}`];
  if (path !== file.name) metadata.push(`path ${base64(path)}`);
  const headers = { "Upload-Length": String(file.size), "Upload-Metadata": metadata.join(",") };
  return (await ask("POST", start, headers)).header("Location");
}

async function offsetAt(address: string): Promise<number> {
  return Number((await ask("HEAD", address, {})).header("Upload-Offset"));
}

async function sendPart(file: File, address: string, offset: number, tell: (sent: number) => void): Promise<number> {
  const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
  const part = file.slice(offset, offset + PART);
  const reply = await ask("PATCH", address, headers, part, (loaded) => tell(Math.min(offset + loaded, file.size)));
  return Number(reply.header("Upload-Offset"));
}

/** XMLHttpRequest, because fetch does not tell how much has left. Throws HttpError. */
function ask(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: Blob | null = null,
  tell: (loaded: number) => void = () => undefined,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    const all = { ...headers, "Tus-Resumable": "1.0.0", "X-CSRFToken": csrfToken() };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => tell(event.loaded));
    request.addEventListener("load", () => {
      const { status, responseText: text } = request;
      if (status < 200 || status > 299) return reject(errorOf(status, jsonOf(text)));
      resolve({ status, text, header: (name) => request.getResponseHeader(name) ?? "" });
    });
    request.addEventListener("error", () => {
      reject(new HttpError(0, "offline", "The connection was lost, or the file can no longer be read."));
    });
    request.send(body);
  });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
