// Sorts and filters the table of the page, in which each body is one organisation or day. They stay in the page: what is filtered out
// is hidden, what is sorted is moved.
(function () {
  "use strict";
  var table = document.querySelector("table[data-sortable]");
  var controls = document.querySelector(".controls");
  if (!table || !controls) { return; }
  var collator = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });
  var rows = Array.prototype.map.call(table.tBodies, function (body, place) {
    return { body: body, place: place, text: body.textContent.toLowerCase() };
  });
  var count = document.querySelector(".count");
  var none = document.querySelector(".none");
  var headings = Array.prototype.slice.call(table.tHead.rows[0].cells);

  headings.forEach(function (heading, column) {
    if (heading.hasAttribute("data-fixed")) { return; }
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent.trim();
    heading.textContent = "";
    heading.appendChild(button);
    button.addEventListener("click", function () { sort(heading, column); });
  });

  // Where a narrow page has no headings, a choice sorts instead.
  var order = document.createElement("select");
  order.id = "order";
  order.add(new Option("As listed", ""));
  headings.forEach(function (heading, column) {
    if (!heading.hasAttribute("data-fixed")) { order.add(new Option(heading.textContent, column)); }
  });
  var choice = document.createElement("div");
  choice.className = "order";
  choice.innerHTML = "<label for=\"order\">Order by</label>";
  choice.appendChild(order);
  controls.insertBefore(choice, controls.lastElementChild);
  order.addEventListener("change", function () { reorder(order.value); });

  function reorder(column) {
    headings.forEach(function (heading) { heading.removeAttribute("aria-sort"); });
    if (column === "") {
      rows.forEach(function (entry) { table.appendChild(entry.body); });
    } else {
      sort(headings[column], Number(column));
    }
  }

  function key(body, column) {
    var cell = body.rows[0].cells[column];
    // What is pressing has an order of its own.
    var value = cell.getAttribute(cell.hasAttribute("data-order") ? "data-order" : "data-value");
    return value === null ? cell.textContent.trim() : value;
  }

  function sort(heading, column) {
    var isNumber = heading.classList.contains("number");
    var before = heading.getAttribute("aria-sort");
    // What is largest matters first; words begin with the first letter.
    var ascending = before ? before === "descending" : !isNumber;
    headings.forEach(function (other) { other.removeAttribute("aria-sort"); });
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    var keyed = rows.map(function (entry) { return { entry: entry, key: key(entry.body, column) }; });
    keyed.sort(function (one, other) {
      // What is not known stands last, whichever way.
      if (one.key === "" || other.key === "") { return (one.key === "") - (other.key === "") || one.entry.place - other.entry.place; }
      var order = isNumber ? Number(one.key) - Number(other.key) : collator.compare(one.key, other.key);
      return (ascending ? order : -order) || one.entry.place - other.entry.place;
    });
    var sorted = document.createDocumentFragment();
    keyed.forEach(function (each) { sorted.appendChild(each.entry.body); });
    table.appendChild(sorted);
  }

  function filter() {
    var words = controls.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
    var wanted = Array.prototype.map.call(controls.querySelectorAll("select[name]"), function (select) {
      return { name: "data-" + select.name, value: select.value };
    });
    var shown = 0;
    rows.forEach(function (entry) {
      var fits = words.every(function (word) { return entry.text.indexOf(word) >= 0; }) && wanted.every(function (choice) {
        return choice.value === "" || entry.body.getAttribute(choice.name) === choice.value;
      });
      entry.body.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    none.hidden = shown > 0;
    count.textContent = "Showing " + shown + " of " + rows.length + ".";
  }

  controls.hidden = false;
  controls.addEventListener("input", filter);
  controls.addEventListener("submit", function (event) { event.preventDefault(); });
  controls.addEventListener("reset", function () { setTimeout(function () { reorder(""); filter(); }, 0); });
  filter();
}());
