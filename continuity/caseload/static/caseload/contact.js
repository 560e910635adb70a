// Saves the draft while it is typed. Until the site has it, an encrypted copy waits on this device.
"use strict";
(() => {
  const PREFIX = "continuity-draft-", PAUSE = 1000, AGAIN = 5000;
  const forget = (id) => localStorage.removeItem(PREFIX + id);
  const forgetAll = () => Object.keys(localStorage).filter((one) => one.startsWith(PREFIX)).forEach((one) => localStorage.removeItem(one));
  const done = document.querySelector("[data-forget]");
  if (done) forget(done.dataset.forget);
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  // While the screen is locked all of this lies beside the document: it works on, and sends nothing.
  const byId = (id) => form.getRootNode().getElementById(id);
  const isCovered = () => !form.isConnected;

  // What the form says: a list of values for each name.
  const skipped = new Set(["csrfmiddlewaretoken", "version", "once", "has_team", "act", ""]);
  const names = [...new Set([...form.elements].map((one) => one.name).filter((one) => !skipped.has(one)))];
  const read = () => { const all = new FormData(form); return Object.fromEntries(names.map((name) => [name, all.getAll(name)])); };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const fill = (values) => {
    for (const one of form.elements) {
      if (!(one.name in values)) continue;
      if (one.type === "checkbox" || one.type === "radio") one.checked = values[one.name].includes(one.value);
      else one.value = values[one.name][0] ?? "";
    }
  };
  const isText = (name) => form.elements[name]?.tagName === "TEXTAREA";

  // base: what the site had when this page began to differ; sent: what was last sent, perhaps without an answer.
  let base = read(), sent = base, savedAt = Date.now() - 1000 * form.dataset.ago, timer, busy = null, leaving = false, failed = false;
  // The name that is asked for is saved only with its button; until then it waits in the copy.
  const isLocal = (name) => name.startsWith("find_");
  const isDirty = () => { const now = read(); return names.some((name) => !isLocal(name) && !same(now[name], base[name])); };
  let isTrouble = false;  // what is over is not said any longer; what was restored or merged stays to be read
  const tell = (words, trouble = true) => { byId("told").textContent = words; isTrouble = trouble; };
  const tick = () => {
    const age = Math.max(0, Math.round((Date.now() - savedAt) / 1000));
    const ago = age < 60 ? `${age} s ago` : `${Math.floor(age / 60)} min ago`;
    byId("saved").textContent = isDirty() ? (failed ? `Not saved since ${ago}` : "Saving\u2026") : `Saved ${ago}`;
  };

  // The copy on this device. Its key comes with the page, so it is of no use without a session.
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const key = crypto.subtle?.importKey("raw", bytes(form.dataset.key), "AES-GCM", false, ["encrypt", "decrypt"]);
  const slot = PREFIX + form.dataset.draft;
  let turn = 0;
  const keep = async () => {
    const mine = ++turn;
    if (same(read(), base)) return forget(form.dataset.draft);
    if (!key) return;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const clear = new TextEncoder().encode(JSON.stringify({ base, sent, now: read() }));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, clear));
    if (mine === turn) localStorage.setItem(slot, [iv, sealed].map((part) => btoa(String.fromCharCode(...part))).join("."));
  };
  const kept = async () => {
    try {
      const [iv, sealed] = localStorage.getItem(slot).split(".").map((part) => Uint8Array.from(atob(part), (one) => one.charCodeAt(0)));
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key, sealed)));
    } catch { return null; }
  };

  // Two versions of one draft: what only one side changed is taken from it; of two texts both are kept.
  const merge = (mine, theirs) => {
    const clashes = [];
    const merged = Object.fromEntries(names.map((name) => {
      const [was, gone, now, there] = [mine.base[name], mine.sent[name], mine.now[name] ?? mine.base[name], theirs[name] ?? read()[name]];
      if (same(now, was) || same(now, there)) return [name, there];
      if (same(there, was) || same(there, gone)) return [name, now];
      clashes.push(name);
      if (!isText(name) || !there[0] || now[0]?.includes(there[0])) return [name, now];
      return [name, [there[0].includes(now[0]) ? there[0] : `${there[0]}\n\n${now[0]}`]];
    }));
    return { merged, clashes };
  };

  const showErrors = (errors) => {
    form.querySelectorAll("p.error").forEach((one) => { one.textContent = ""; });
    for (const [name, words] of Object.entries(errors)) {
      const at = byId(name), known = byId(`${name}-error`);
      const one = known ?? Object.assign(document.createElement("p"), { className: "error", id: `${name}-error` });
      one.textContent = words; at?.setAttribute("aria-describedby", one.id);
      if (!known) at?.matches("fieldset") ? at.querySelector("legend").after(one) : at?.before(one);
      at?.closest("details")?.setAttribute("open", "");
    }
  };
  const acknowledge = (answer, was) => {
    form.elements.version.value = answer.version;
    base = Object.fromEntries(names.map((name) => [name, (isLocal(name) ? base : was)[name]])); savedAt = Date.now(); failed = false;
    showErrors(answer.errors);
    if (Object.keys(answer.errors).length) tell("What is marked was not saved."); else if (isTrouble) tell("");
    byId("wording").innerHTML = answer.wording; byId("suggestion").innerHTML = answer.suggestion;
  };
  const meet = (answer) => {
    const { merged, clashes } = merge({ base, sent, now: read() }, answer.draft);
    base = { ...base, ...answer.draft }; form.elements.version.value = answer.version; fill(merged);
    if (clashes.length) tell("This draft was also changed in another tab. Nothing is lost: look at what is written here once more.", false);
  };
  const send = async () => {
    if (isCovered()) return;  // the unlocking plans the next one
    const was = sent = read();
    const body = new FormData(form);
    await keep();
    const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json", "X-In-Place": "1" }, keepalive: true, signal: AbortSignal.timeout(15000) });
    const isOurs = response.headers.get("content-type")?.includes("json");
    if (response.ok && isOurs) return acknowledge(await response.json(), was);
    if (response.headers.get("HX-Trigger") === "continuity-lock") return void document.dispatchEvent(new Event("continuity-lock"));
    if (response.status === 409 && isOurs) { meet(await response.json()); return plan(0); }
    failed = true;
    if (response.redirected || response.status === 403) return tell("You are signed out. What you typed is kept on this device: sign in and open this draft again.");
    tell("The site did not save this. It is kept on this device and sent again."); plan(AGAIN);
  };
  const save = () => busy ??= send().catch(() => {
    failed = true; tell("No connection. What you typed is kept on this device and sent when the line is back."); plan(AGAIN);
  }).finally(() => { busy = null; keep(); tick(); if (isDirty() && !failed && !isCovered()) plan(PAUSE); });
  const plan = (pause) => { clearTimeout(timer); if (!leaving) timer = setTimeout(save, pause); };
  const change = () => { keep(); tick(); plan(PAUSE); };

  form.addEventListener("input", change);
  window.addEventListener("online", () => plan(0));
  document.addEventListener("continuity-unlock", () => { if (isDirty()) plan(0); });
  window.addEventListener("pagehide", () => { if (isDirty() && !leaving) save(); });
  document.addEventListener("submit", async (event) => {
    if (event.submitter && event.submitter.matches("[data-lock]")) return;  // the page stays, covered
    const isSignOut = event.target.action.endsWith("/sign-out/");
    if (leaving || !(isSignOut || event.target === form)) return;
    // One save at a time: the form goes when the last one has its answer, with the version that it gave.
    event.preventDefault(); clearTimeout(timer); leaving = true;
    await busy;
    await new Promise((go) => setTimeout(go));  // a form that is just being submitted cannot be submitted again
    if (isSignOut) { if (isDirty()) await save(); forgetAll(); }
    if (!navigator.onLine) { leaving = false; return tell("No connection. What you typed is kept on this device: press again when the line is back."); }
    event.target.requestSubmit(event.submitter);
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  // Number keys choose within the focused question, Enter goes on to the next open one, Control+Enter finishes.
  const groups = [...form.querySelectorAll("fieldset.group[data-wanted], #operational_summary")];
  const isOpen = (one) => one.matches("fieldset") ? !one.querySelector(":checked") : !one.value;
  const focusOn = (one) => { const to = one?.matches("fieldset") ? one.querySelector("input") : one; to?.closest("details:not([open])")?.setAttribute("open", ""); to?.focus(); };
  const goOn = (from) => {
    const after = groups.filter((one) => !from || from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    focusOn(after.find((one) => one !== from && isOpen(one)) ?? byId("operational_summary"));
  };
  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); return byId("finish").click(); }
    const group = event.target.closest("fieldset.group");
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.target.closest(".find")) { event.preventDefault(); return form.querySelector("button[value='find']").click(); }
    if (event.key === "Enter" && event.target.matches("input[type=text]")) { event.preventDefault(); return goOn(event.target); }
    if (!group || !event.target.matches("input[type=radio], input[type=checkbox]")) return;
    if (event.key === "Enter") { event.preventDefault(); return goOn(group); }
    const chip = /^[1-9]$/.test(event.key) && group.querySelector(".chips").querySelectorAll("input")[event.key - 1];
    if (!chip) return;
    event.preventDefault(); chip.click(); chip.focus();
    if (chip.type === "radio") goOn(group);
  });

  (async () => {
    const mine = await kept();
    if (mine) {
      const { merged } = merge(mine, base);
      fill(merged);
      if (same(read(), base)) forget(form.dataset.draft);
      else { tell("What you typed before the line dropped is here again.", false); plan(0); }
    }
    tick(); setInterval(tick, 1000);
    if (!document.querySelector("[autofocus]") && !location.hash) goOn(null);
  })();
})();
