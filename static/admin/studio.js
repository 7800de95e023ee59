// Lets the preview and the linter follow the form while it is filled in. Without this script they follow what is saved,
// and a button shows the preview.
const PAUSE_MS = 300; // after the last key press
const HEIGHTS = { 360: 640, 768: 800, 1280: 760 };
const form = document.getElementById("studio");
const stage = document.querySelector(".stage");
const button = document.getElementById("show-preview");
const findings = document.getElementById("findings");
const compare = document.getElementById("compare");
let frame = stage.querySelector("iframe");
let planned = 0;
let round = 0;

/** Sends the form into a new frame, which takes the place of the old one once it is there: no flicker, no history. */
function show() {
  const next = frame.cloneNode();
  const focused = document.activeElement;
  next.removeAttribute("src");
  next.name = `stage-${++round}`;
  next.classList.add("coming");
  stage.append(next);
  button.formTarget = next.name;
  form.requestSubmit(button);
  const mine = round;
  next.addEventListener("load", () => {
    if (mine !== round) return next.remove();
    for (const old of stage.querySelectorAll("iframe")) if (old !== next) old.remove();
    next.classList.remove("coming");
    frame = next;
    fit();
    if (document.activeElement === next) focused?.focus(); // a banner in the centre takes the focus of its page
  });
}

/** Shows the frame as wide as chosen, made smaller to fit beside the form. */
function fit() {
  const width = Number(form.elements.width.value);
  const scale = Math.min(1, stage.clientWidth / width);
  for (const each of stage.querySelectorAll("iframe")) {
    each.style.width = `${width}px`;
    each.style.height = `${HEIGHTS[width]}px`;
    each.style.transform = `scale(${scale})`;
  }
  stage.style.height = `${Math.ceil(HEIGHTS[width] * scale)}px`;
}

async function look() {
  const mine = round;
  const body = new FormData(form);
  body.set("page", compare.elements.page.value);
  const answer = await fetch(form.dataset.lint, { method: "POST", body }).catch(() => null);
  if (!answer || answer.redirected || ![200, 400].includes(answer.status) || mine !== round) return;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const open = Boolean(findings.querySelector("details[open]"));
  findings.replaceChildren(...parsed.body.childNodes);
  const details = findings.querySelector("details");
  if (details) details.open = open;
}

function follow() {
  clearTimeout(planned);
  planned = setTimeout(() => {
    show();
    if (form.dataset.lint) void look();
  }, PAUSE_MS);
}

/** Whether a field no longer says what the page came with: a browser fills forms in again, and people are quick. */
function isTouched({ options, value, defaultValue, checked, defaultChecked }) {
  if (options) return [...options].some(({ selected, defaultSelected }) => selected !== defaultSelected);
  return value !== defaultValue || checked !== defaultChecked;
}

/** A picker beside each colour; both say the same. An empty field has the colour of the set. */
function pick(field) {
  const picker = document.createElement("input");
  const [theme, name] = field.dataset.colour.split(" ");
  const all = JSON.parse(form.dataset.placeholders);
  const painted = () => {
    field.placeholder = all[form.elements["look.preset"].value][theme][name];
    const said = field.value.trim().toLowerCase().replace(/^#?/, "#");
    picker.value = /^#[0-9a-f]{6}$/.test(said) ? said : field.placeholder;
  };
  picker.type = "color";
  picker.setAttribute("aria-label", field.labels[0].textContent);
  picker.addEventListener("input", () => (field.value = picker.value));
  field.addEventListener("input", painted);
  form.elements["look.preset"].addEventListener("change", painted);
  field.after(picker);
  painted();
}

button.parentElement.hidden = true;
stage.classList.add("fits");
stage.removeAttribute("tabindex"); // it no longer scrolls
document.querySelectorAll("[data-colour]").forEach(pick);
document.addEventListener("input", ({ target }) => {
  if (target.name === "width") fit();
  else if (target.form === form || form.contains(target)) follow();
});
compare.addEventListener("submit", (event) => {
  if (!form.dataset.lint) return; // there is nothing unsaved to look at
  event.preventDefault();
  void look();
});
new ResizeObserver(fit).observe(stage);
if ([...form.elements].some((field) => field.name && isTouched(field))) follow();
