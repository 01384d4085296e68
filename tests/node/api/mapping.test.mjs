// A sync's set-up by the API: what there is, a mapping made of it, tried, checked, previewed, saved, restored. NikoHealth to Accounts, as the guide does it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { admin, must } from "../../../demo/systems.mjs";
import { startSystems } from "../niko/company.mjs";
import { company, fields, org } from "../niko-road/world.mjs";
import { serve } from "../serve/daemon.mjs";
import { addAccount, describedBy, signIn } from "./lib.mjs";

const world = {};

before(async () => {
  world.systems = await startSystems(
    "--salesforce-port",
    "0",
    "--pace",
    "-1",
    "--custom-fields",
    fields,
    "--nikohealth-port",
    "0",
    "--seed",
    "5",
    "--patients",
    "20",
    "--person-accounts",
  );
  const { urls } = world.systems;
  world.dir = mkdtempSync(join(tmpdir(), "suture-"));
  await must(world.dir, ["init", world.dir]);
  writeFileSync(
    join(world.dir, "suture.yaml"),
    JSON.stringify({
      connections: { niko: company(urls), org: org(urls) },
      integration: { name: "niko-org", emr: "niko", crm: "org" },
    }),
  );
  await must(world.dir, [
    "apply",
    join(world.dir, "suture.yaml"),
    "--why",
    "test",
  ]);
  for (const role of ["admin", "viewer", "operator"])
    await addAccount(world.dir, role);
  world.daemon = await serve(world.dir);
  const validate = await describedBy(world.daemon);
  for (const role of ["admin", "viewer", "operator"])
    world[role] = await signIn(world.daemon, role, validate);
});
after(async () => {
  await world.daemon?.stop("SIGKILL");
  await world.systems?.stop();
  if (world.dir) rmSync(world.dir, { recursive: true, force: true });
});

const base = "/mapping/integrations/niko-org";
const rows = [
  {
    name: "First name",
    emr: "General.Name.FirstName",
    crm: "FirstName",
    type: "name",
    role: "first_name",
  },
  {
    name: "Last name",
    emr: "General.Name.LastName",
    crm: "LastName",
    type: "name",
    role: "last_name",
  },
  {
    name: "Birth date",
    emr: "General.DateOfBirth",
    crm: "Date_of_Birth__c",
    type: "date",
    role: "birth_date",
  },
  {
    name: "State",
    emr: "Addresses.Patient.State",
    crm: "BillingState",
    type: "state",
    transform: { state: "code", emr: "code" },
  },
];
const document = async (extra = {}, fields_ = rows) => {
  const { crm } = await world.admin.must(
    "get",
    `${base}/fields?emr=patient&crm=Account`,
  );
  const person = crm.record_types.find(({ name }) => name === "Person Account");
  return {
    integration: "niko-org",
    emr_object: "patient",
    crm_object: "Account",
    create: true,
    crm_id_field: "Niko_Patient_Id__c",
    crm_where: "IsPersonAccount = true",
    crm_create: { RecordTypeId: person.id },
    mapping: { fields: fields_ },
    ...extra,
  };
};
const audit = async () => (await must(world.dir, ["audit", "--json"])).json;

test("what there is: integrations, objects, fields, paths, ready mappings, words", async () => {
  const { items } = await world.viewer.must("get", "/mapping/integrations");
  assert.deepEqual(
    items.map(({ name, emr, crm }) => [name, emr.title, crm.title]),
    [["niko-org", "NikoHealth", "Salesforce"]],
  );
  const objects = await world.viewer.must("get", `${base}/objects`);
  assert.deepEqual(
    objects.emr.map(({ name }) => name),
    ["patient", "insurance", "order", "task"],
  );
  assert.ok(
    objects.crm.some(
      ({ name, label }) => name === "Account" && label === "Account",
    ),
  );
  assert.ok(objects.crm.some(({ name }) => name === "Niko_Order__c"));
  const described = await world.viewer.must(
    "get",
    `${base}/fields?emr=patient&crm=Account`,
  );
  assert.ok(
    described.emr.fields.find(({ name }) => name === "General.Name.FirstName")
      .required,
  );
  const key = described.crm.fields.find(
    ({ name }) => name === "Niko_Patient_Id__c",
  );
  assert.ok(key.external_id && key.unique);
  assert.equal(described.ready[0].name, "nikohealth-account");
  assert.ok(described.ready.every(({ name }) => !name.startsWith("hint")));
  const paths = await world.viewer.must("get", `${base}/paths?emr=patient`);
  assert.ok(
    paths.items.some(
      ({ path }) =>
        path === "Contacts.Contacts[Type=Home].Value" ||
        path === "Contacts.Contacts[Type=Mobile].Value",
    ),
  );
  assert.ok(
    (await world.viewer.must("get", "/mapping/transforms")).transforms.length >
      15,
  );
});

test("real records are shown to whom may see them, and a look is in the audit trail", async () => {
  assert.equal(
    (await world.viewer.post(`${base}/samples`, { object: "patient" })).status,
    403,
  );
  const { items } = await world.operator.must("post", `${base}/samples`, {
    object: "patient",
    count: 3,
  });
  assert.equal(items.length, 3);
  assert.ok(items[0].record.General.Name.FirstName);
  assert.ok(
    (await audit()).some(
      ({ action, subject, who }) =>
        action === "look" &&
        subject === "samples for a mapping" &&
        who === "console:operator",
    ),
  );
  const tried = await world.admin.must("post", "/mapping/try", {
    fields: [
      rows[0],
      { emr: "General.DateOfBirth", crm: "X", transform: "number" },
      { emr: "General.Name.LastName", transform: ["trim", "upper"] },
      { emr: "a[", crm: "Y" },
    ],
    records: items.map(({ record }) => record),
  });
  assert.equal(
    tried.items[0].results[0].value,
    items[0].record.General.Name.FirstName,
  );
  assert.ok(tried.items[1].results[0].error);
  assert.equal(
    tried.items[2].results[1].value,
    items[1].record.General.Name.LastName.toUpperCase(),
  );
  assert.ok(tried.items[3].error.includes("path"));
});

test("each problem is named with its row and its repair", async () => {
  const wrong = [
    ...rows,
    { name: "Again", emr: "General.NickName", crm: "FirstName" },
    { name: "Nowhere", emr: "General.Prefix", crm: "Not_There__c" },
    { name: "No type", emr: "General.Gender", crm: "Phone", type: "colour" },
    { name: "Read only there", emr: "DisplayId", crm: "Fax" },
    {
      name: "Kind",
      emr: "General.Weight",
      crm: "NumberOfEmployees",
      type: "date",
    },
  ];
  const { items } = await world.admin.must(
    "post",
    "/syncs/fresh/mapping/check",
    { document: await document({}, wrong) },
  );
  const at = (row) =>
    items
      .filter((item) => item.row === row && item.level === "error")
      .map(({ text }) => text)
      .join(" ");
  assert.match(at(4), /already mapped by 'First name'/);
  assert.match(at(5), /create it, or give the user access/);
  assert.match(at(6), /'colour' is unknown/);
  assert.match(at(7), /set direction: emr_to_crm/);
  assert.match(at(8), /another kind of value/);
  const fine = await world.admin.must("post", "/syncs/fresh/mapping/check", {
    document: await document(),
  });
  assert.deepEqual(
    fine.items.filter(({ level }) => level === "error"),
    [],
  );
});

test("a preview shows one record as it would be, and neither writes nor stores", async () => {
  const writes = (await admin(world.systems.urls.salesforce, "state")).Account
    .length;
  const answer = await world.operator.must(
    "post",
    "/syncs/fresh/mapping/preview",
    { document: await document() },
  );
  assert.equal(answer.outcome, "created");
  const first = answer.fields.find(({ crm }) => crm === "FirstName");
  assert.ok(first.to_crm && first.after && first.after === first.emr_value);
  assert.equal(
    (
      await world.viewer.post("/syncs/fresh/mapping/preview", {
        document: await document(),
      })
    ).status,
    403,
  );
  const again = await world.operator.must(
    "post",
    "/syncs/fresh/mapping/preview",
    { document: await document(), id: answer.emr_id },
  );
  assert.equal(again.emr_id, answer.emr_id);
  assert.equal((await world.admin.get("/syncs/fresh/mapping")).status, 404);
  assert.equal(
    (await admin(world.systems.urls.salesforce, "state")).Account.length,
    writes,
  );
});

test("a mapping is saved with a reason, compared, restored; export gives what was saved, and another one meanwhile is not overwritten", async () => {
  const body = { document: await document(), version: 0, why: "the guide" };
  assert.equal(
    (await world.operator.put("/syncs/patients/mapping", body)).status,
    403,
  );
  assert.equal(
    (await world.admin.put("/syncs/no%20name/mapping", body)).status,
    422,
  );
  assert.equal(
    (await world.admin.put("/syncs/patients/mapping", { ...body, why: " " }))
      .status,
    422,
  );
  assert.equal(
    (await world.admin.put("/syncs/patients/mapping", body)).status,
    201,
  );
  assert.equal(
    (await world.admin.put("/syncs/patients/mapping", body)).status,
    409,
  );
  const more = await document({}, [
    ...rows,
    { name: "City", emr: "Addresses.Patient.City", crm: "BillingCity" },
  ]);
  const saved = await world.admin.must("put", "/syncs/patients/mapping", {
    document: more,
    version: 1,
    why: "the city",
  });
  assert.equal(saved.version, 2);
  assert.deepEqual(saved.document, more);
  assert.match((await must(world.dir, ["export"])).stdout, /BillingCity/);
  const { items } = await world.viewer.must("get", "/syncs/patients/versions");
  assert.deepEqual(
    items.map(({ version, who, why }) => [version, who, why]),
    [
      [2, "console:admin", "the city"],
      [1, "console:admin", "the guide"],
    ],
  );
  assert.equal(
    (await world.viewer.must("get", "/syncs/patients/versions/1")).fields
      .length,
    4,
  );
  const back = await world.admin.must(
    "post",
    "/syncs/patients/versions/1/restore",
    { why: "too much" },
  );
  assert.equal(back.version, 3);
  assert.equal(back.fields.length, 4);
  assert.ok(
    (await audit()).some(
      ({ action, subject, why, before }) =>
        action === "configure" &&
        subject === "sync patients" &&
        why === "too much" &&
        before.includes("BillingCity"),
    ),
  );
});

test("a ready mapping is shown with its rows; a file is read and written", async () => {
  await world.admin.must("put", "/syncs/ready/mapping", {
    document: await document({ mapping: "nikohealth-account" }),
    version: 0,
    why: "ready",
  });
  const shown = await world.viewer.must("get", "/syncs/ready/mapping");
  assert.equal(shown.document.mapping, "nikohealth-account");
  assert.equal(shown.fields.length, 10);
  assert.equal(shown.live_fields, null);
  const { text } = await world.viewer.must("post", "/mapping/write", {
    fields: shown.fields,
  });
  assert.deepEqual(
    (await world.viewer.must("post", "/mapping/read", { text })).fields,
    shown.fields,
  );
  assert.equal(
    (await world.viewer.post("/mapping/read", { text: "nothing: here" }))
      .status,
    400,
  );
});

test("a draft waits for its person", async () => {
  const none = await world.admin.must("get", "/drafts/new");
  assert.deepEqual([none.at, none.body], [null, null]);
  await world.admin.must("put", "/drafts/new", {
    body: { step: "fields", rows },
  });
  assert.deepEqual((await world.admin.must("get", "/drafts/new")).body, {
    step: "fields",
    rows,
  });
  assert.deepEqual(
    (await world.admin.must("get", "/drafts")).items.map(({ name }) => name),
    ["new"],
  );
  assert.equal((await world.operator.get("/drafts/new")).status, 403);
  assert.equal((await world.admin.del("/drafts/new")).status, 204);
  assert.equal((await world.admin.must("get", "/drafts/new")).body, null);
});

test("fields with the same values are suggested, and nobody is linked", async () => {
  await must(world.dir, ["import", "ready", "--quiet"]);
  const { items, emr_records } = await world.admin.must(
    "post",
    `${base}/guesses`,
    { emr_object: "patient", crm_object: "Account" },
  );
  assert.ok(emr_records > 10);
  const found = Object.fromEntries(items.map(({ emr, crm }) => [crm, emr]));
  assert.equal(found.LastName, "General.Name.LastName");
  assert.match(found.BillingCity, /^Addresses\.(Patient|Delivery)\.City$/);
  assert.ok(
    items.every((item) => Object.keys(item).join() === "emr,crm,alike,of"),
  );
});
