// One key from anywhere: "/" goes to the search field, as long as nobody is typing.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = document.getElementById("find-text");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
