// Keeps the panel's list of replicas and its drain up to date: by server-sent events, and
// where they do not arrive, as behind a proxy that keeps them back, by asking. Copies the
// link of a pass. The forms work without it.
"use strict";
(() => {
  const copy = document.getElementById("copy");
  if (copy && navigator.clipboard) { // browsers have none over plain HTTP
    const link = document.getElementById("link"), copied = document.getElementById("copied");
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      link.select();
      try {
        await navigator.clipboard.writeText(link.value);
        copied.textContent = "Copied.";
      } catch {
        copied.textContent = "The browser does not let it be copied; it is selected.";
      }
    });
  }

  const list = document.getElementById("replicas");
  if (!list) return;
  const patience = 6000; // for the first event, in milliseconds
  const pace = 3000; // of asking

  const byID = id => document.getElementById(id);

  // say writes only what has changed: a screen reader tells of all that is written.
  const say = (id, text) => {
    const place = byID(id);
    if (place && place.textContent !== text) place.textContent = text;
  };

  const make = (name, text, properties) => Object.assign(document.createElement(name), { textContent: text }, properties);

  const cell = (name, text, mood) => {
    const made = make("td", text, { className: mood || "", dir: "auto" });
    made.dataset.name = name;
    return made;
  };

  const row = (name, cells) => {
    const made = document.createElement("tr");
    made.append(make("th", name, { scope: "row", dir: "auto" }), ...cells);
    return made;
  };

  const lines = (id, texts, wrap) => {
    const place = byID(id);
    if (!place) return;
    place.hidden = texts.length === 0;
    place.replaceChildren(...texts.map(text => {
      const item = make("li", wrap ? "" : text, { dir: "auto" });
      if (wrap) item.append(make(wrap, text));
      return item;
    }));
  };

  const showReplicas = told => {
    say("roll-summary", told.error || told.summary);
    if (told.error) return;
    const table = byID("roll");
    table.hidden = told.replicas.length === 0;
    table.tBodies[0].replaceChildren(...told.replicas.map(r => row(r.label, [
      cell("State", r.says, r.condition === "silent" || r.condition === "unknown" ? "bad" : ""),
      cell("Level", r.level), cell("In flight", r.in_flight), cell("ID", r.id.slice(0, 8)),
    ])));
    lines("roll-works", told.replicas.flatMap(r => r.works.map(work => r.label + ": " + work)));
  };

  const showDrain = told => {
    const view = byID("drain-view");
    if (!view) return;
    view.hidden = !told;
    if (!told) return;
    say("drain-says", told.says);
    byID("drain-says").className = "told " + (told.stands ? "proof" : "warn");
    byID("drain-stop").hidden = !told.running;
    byID("drain-start").hidden = told.running;
    const table = byID("drain-rows");
    table.hidden = told.rows.length === 0;
    table.tBodies[0].replaceChildren(...told.rows.map(r => row(r.name, [cell("Drain", r.status + r.detail, r.done ? "done" : "")])));
    lines("drain-works", told.rows.flatMap(r => [...r.works.map(work => r.name + ": " + work), ...r.ended.map(work => r.name + ": ended by force: " + work)]));
    byID("drain-help").hidden = told.commands.length === 0;
    lines("drain-commands", told.commands, "code");
  };

  const showState = told => {
    const news = byID("news");
    const by = told.state.changed_by ? " (" + told.state.changed_by + ")" : "";
    news.hidden = String(told.state.revision || 0) === list.dataset.revision && told.level === list.dataset.level;
    if (!news.hidden) say("news-text", "The state has changed since this page was loaded" + by + ". Maintenance is " + told.level + " now.");
  };

  const show = { state: showState, replicas: showReplicas, drain: showDrain };

  let source, asking, waiting;

  const stop = () => {
    if (source) source.close();
    source = undefined;
    clearTimeout(waiting);
    clearTimeout(asking);
  };

  const get = async url => {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.status === 403) throw new Error("403");
    return answer.json();
  };

  const ask = async () => {
    stop();
    try {
      const [state, replicas, drain] = await Promise.all([get(list.dataset.status), get(list.dataset.replicas), get(list.dataset.drain)]);
      showState(state);
      showReplicas(replicas.replicas ? replicas : { error: replicas.detail });
      showDrain(drain.drain);
    } catch (fault) {
      if (fault.message === "403") {
        say("roll-summary", "You are not logged in as a superuser any more. Load the page again.");
        return;
      }
      say("roll-summary", "The service does not answer. Trying again.");
    }
    if (!document.hidden) asking = setTimeout(ask, pace);
  };

  const listen = () => {
    stop();
    if (!window.EventSource) return ask();
    source = new EventSource(list.dataset.events);
    waiting = setTimeout(ask, patience);
    for (const name of Object.keys(show)) {
      source.addEventListener(name, event => {
        clearTimeout(waiting);
        show[name](JSON.parse(event.data));
      });
    }
    source.onerror = () => {
      if (source && source.readyState === EventSource.CLOSED) ask(); // there are too many, or the session has ended
    };
  };

  document.addEventListener("visibilitychange", () => document.hidden ? stop() : listen());
  addEventListener("pagehide", stop);
  addEventListener("pageshow", event => { if (event.persisted) listen(); });
  if (!document.hidden) listen();
})();
