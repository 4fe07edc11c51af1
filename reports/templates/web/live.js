"use strict";
// Follows a batch: asks every two seconds while the page is seen, and says the same sentence as the server did.
const live = document.getElementById("live");
const ask = async () => {
  if (document.hidden) return;
  const answer = await fetch(live.dataset.source);
  if (!answer.ok) return;
  const now = await answer.json();
  const jobs = Object.entries(now.jobs).filter(([, count]) => count).map(([state, count]) => `, ${count} ${state}`).join("");
  const judging = now.judging ? `. Judging lab ${now.judging} again` : "";
  const words = `${now.graded} graded${jobs}${judging}.`;
  if (live.textContent !== words) live.textContent = words;
};
if (live) setInterval(() => ask().catch(() => undefined), 2000);
