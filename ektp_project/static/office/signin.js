// allauth tells only the console that a security key did not do it; people read the page.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("key-trouble").hidden = false;
});
