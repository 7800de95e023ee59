// Asks the browser for a passkey and sends its answer with the form (WebAuthn Level 2, 5.1).

const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const named = (list) => list.map((each) => ({ ...each, id: bytes(each.id) }));

async function made(options) {
  const { user, challenge, excludeCredentials } = options;
  const { response } = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(challenge),
      user: { ...user, id: bytes(user.id) },
      excludeCredentials: named(excludeCredentials),
    },
  });
  return {
    client_data: base64(response.clientDataJSON),
    attestation: base64(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  };
}

async function shown(options) {
  const { challenge, allowCredentials } = options;
  const { rawId, response } = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(challenge), allowCredentials: named(allowCredentials) },
  });
  return {
    credential_id: base64(rawId),
    client_data: base64(response.clientDataJSON),
    authenticator_data: base64(response.authenticatorData),
    signature: base64(response.signature),
    user_handle: response.userHandle?.byteLength ? base64(response.userHandle) : null,
  };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const { passkey, elsewhere, known, failed } = form.dataset;
  const words = { SecurityError: elsewhere, InvalidStateError: known };
  const [options, button, line] = [
    JSON.parse(passkey),
    form.querySelector("button"),
    form.querySelector("[role=alert]"),
  ];
  const hint = form.nextElementSibling;
  form.hidden = !window.PublicKeyCredential;
  hint.hidden = !form.hidden;
  hint.textContent = hint.dataset.missing;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    line.hidden = button.disabled = true;
    try {
      const answer = await (options.user ? made(options) : shown(options));
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      line.textContent = words[error.name] ?? failed;
      line.hidden = button.disabled = false;
    }
  });
}
