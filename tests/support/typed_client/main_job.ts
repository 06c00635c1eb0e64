// The main job through a client made from the description: places, an inspection, priorities, a week.
// It is told where Ronde is, a token and a Monday, and prints what it saw as JSON.

import createClient from "openapi-fetch";
import type { components, paths } from "./ronde.d.ts";

type Schemas = components["schemas"];
declare const process: { argv: string[] };

const [url, token, monday] = process.argv.slice(2) as [string, string, string];
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

/** Give the answer, or end with the problem. */
function told<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let times = 0; times < 300; times++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("it did not come in a minute");
}

const declared = (number: number): Schemas["AccommodationInput"] => ({
  external_id: `TS-${number}`,
  name: `Hôtel de la Marne ${number}`,
  postcode: "75010",
  city: "Paris",
  position: { lon: 2.36 + number / 1000, lat: 48.87 },
  rooms: 20,
});
const places: Schemas["Accommodation"][] = [];
for (let number = 1; number <= 4; number++) {
  places.push(told(await client.POST("/v1/accommodations", { body: declared(number) })));
}
const [first] = places as [Schemas["Accommodation"]];
const again = await client.POST("/v1/accommodations", { body: declared(1) });

const form: Schemas["InspectionInput"] = {
  instance_id: crypto.randomUUID(),
  accommodation_id: first.id,
  occurred_at: new Date().toISOString(),
  rooms_seen: 3,
  answers: [{ item: "mould", value: 3 }],
};
const recorded = await client.POST("/v1/inspections", { body: form });
const inspection = told(recorded) as Schemas["Inspection"];
const read = told(
  await client.GET("/v1/inspections/{id}", { params: { path: { id: inspection.id } } }),
);

const ours = new Set(places.map((place) => place.id));
const priorities = await until(async () => {
  const page = told(await client.GET("/v1/priorities", { params: { query: { limit: 1000 } } }));
  const found = page.items.filter((it) => ours.has(it.accommodation_id));
  return found.length === ours.size ? found : undefined;
});

const team: Schemas["Team"] = {
  id: "est",
  name: "Est",
  size: 2,
  start: { lon: 2.36, lat: 48.87 },
  shifts: [{ starts_at: `${monday}T09:00:00+01:00`, ends_at: `${monday}T17:00:00+01:00` }],
};
const asked = await client.POST("/v1/weekly-plans", {
  body: { starts_on: monday, days: 1, teams: [team], time_limit_s: 1 },
});
const of_plan = { params: { path: { plan_id: told(asked).id } } };
const events = told(
  await client.GET("/v1/weekly-plans/{plan_id}/progress", { ...of_plan, parseAs: "text" }),
);
const plan = told(await client.GET("/v1/weekly-plans/{plan_id}", of_plan));
const acceptance = await until(async () => {
  const answer = await client.POST("/v1/weekly-plans/{plan_id}/acceptance", of_plan);
  const outcome = told(answer);
  return "created" in outcome ? outcome : undefined;
});
const visits = told(
  await client.GET("/v1/visits", { params: { query: { plan_id: plan.id, limit: 1000 } } }),
);

const refused = await client.POST("/v1/accommodations", { body: { ...declared(5), postcode: "9" } });
const problem: Schemas["ProblemDetail"] | undefined = refused.error;
const nowhere = await client.GET("/v1/weekly-plans/{plan_id}", {
  params: { path: { plan_id: crypto.randomUUID() } },
});

console.log(
  JSON.stringify({
    again: [again.response.status, again.data?.id === first.id],
    found: read.findings.map((finding) => [finding.item, finding.severity]),
    priorities: priorities.every((it) => it.priority_points >= 0 && it.priority_points <= 100),
    followed: events.includes("event: end"),
    plan: plan.state,
    created: acceptance.created,
    stops: plan.rounds.flatMap((round) => round.stops).length,
    visits: visits.items.length,
    problem: [problem?.type, problem?.errors?.[0]?.pointer],
    nowhere: nowhere.error?.type,
  }),
);
