// Loads a page anew while something on it is under way, unless somebody is about to press a button.
const seconds = Number(document.querySelector("script[data-seconds]").dataset.seconds);

function look() {
  const isUsed = document.activeElement instanceof HTMLButtonElement;
  if (document.hidden || isUsed) setTimeout(look, seconds * 1000);
  else location.reload();
}

setTimeout(look, seconds * 1000);
