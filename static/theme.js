// Applies the chosen theme before the first paint; loaded in the head, not deferred. The choice is made in
// frontend/src/pages/theme.ts: "light", "dark", or nothing for the system's.
try {
  var theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch (error) {
  // Storage is switched off: the system's theme it is.
}
