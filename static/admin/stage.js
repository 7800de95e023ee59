// Makes the document around a banner forgetful: it is of no origin, so the browser gives it neither cookies nor storage.
// The banner finds both here, in memory, and whatever it sends goes nowhere (the document's policy would refuse it, too).
const { nonce, dataset } = document.currentScript;
const jar = new Map();

// on the prototypes: automatic blocking takes them from there
Object.defineProperty(Document.prototype, "cookie", {
  configurable: true,
  get: () => [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
  set: (cookie) => {
    const [pair, ...attributes] = String(cookie).split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    if (attributes.some((one) => /^\s*max-age=(0|-)/i.test(one))) jar.delete(name);
    else jar.set(name, pair.slice(at + 1).trim());
  },
});

for (const name of ["localStorage", "sessionStorage"]) {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(String(key)) ?? null,
    setItem: (key, value) => void kept.set(String(key), String(value)),
    removeItem: (key) => void kept.delete(String(key)),
  };
  Object.defineProperty(window, name, { configurable: true, value: storage });
}

window.fetch = async () => new Response("{}", { status: 201 });
Navigator.prototype.sendBeacon = () => true;

// code that came as a file asks its own tag for its address
if (dataset.address) {
  const tag = Object.assign(document.createElement("script"), { src: dataset.address, nonce });
  Object.defineProperty(Document.prototype, "currentScript", { get: () => tag });
}
