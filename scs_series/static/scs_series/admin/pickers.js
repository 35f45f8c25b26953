// Names Django's pickers (Select2) for assistive tech: Select2 hides the labelled field and shows unnamed ones.

function name(select) {
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  // In a table of further reading the column's head is the label.
  const cell = select.closest("td");
  const head = cell && cell.closest("table").querySelector(`thead .column-${CSS.escape(cell.className.replace(/^.*field-(\S+).*$/, "$1"))}`);
  const words = (label ?? head)?.textContent.trim().replace(/:$/, "");
  const picker = select.nextElementSibling;
  if (!words || !picker?.classList.contains("select2")) return;
  picker
    .querySelectorAll(".select2-selection, .select2-selection__rendered[role], .select2-search__field")
    .forEach((part) => part.setAttribute("aria-label", words));
  // Select2 puts its "clear" sign among the items of a list.
  picker.querySelector("ul > .select2-selection__clear")?.setAttribute("role", "listitem");
}

function nameAll() {
  document.querySelectorAll("select.admin-autocomplete:not([id*='__prefix__'])").forEach(name);
}

// Django sets its pickers up when its jQuery says ready, which may be after "load", and again for every added row.
window.django?.jQuery?.(nameAll);
document.addEventListener("formset:added", () => setTimeout(nameAll));
