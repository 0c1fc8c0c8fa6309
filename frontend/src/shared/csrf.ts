/** Django's CSRF token, from the cookie that the page names. */
export function csrfToken(): string {
  const page = globalThis.document as Document | undefined;
  const name = page?.querySelector<HTMLMetaElement>('meta[name="csrf-cookie"]')?.content;
  if (!page || !name) return "";
  const cookie = page.cookie.split(/;\s*/).find((one) => one.startsWith(`${name}=`));
  return cookie?.slice(name.length + 1) ?? "";
}
