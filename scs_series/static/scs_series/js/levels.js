// Rows of buttons of which one is pressed (watch, follow, mute): sent without leaving the page. Where that fails, the
// form is sent as it would be without this script, and the page says what is wrong.
async function press(event) {
  const { currentTarget: form, submitter } = event;
  if (!submitter?.name || form.dataset.scsPlain) return;
  event.preventDefault();
  const body = new FormData(form);
  body.set(submitter.name, submitter.value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const { level } = await answer.json();
    for (const button of form.querySelectorAll("button[name=level]")) {
      const isOn = button.value === level;
      button.setAttribute("aria-pressed", String(isOn));
      if (isOn) form.querySelector("[role=status]").textContent = button.dataset.says;
    }
  } catch {
    form.dataset.scsPlain = "1";
    form.requestSubmit(submitter);
  }
}
for (const form of document.querySelectorAll("form[data-scs-levels]")) form.addEventListener("submit", press);
