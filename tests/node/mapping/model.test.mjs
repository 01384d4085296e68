import assert from "node:assert/strict";
import { test } from "node:test";
import { model } from "./model.mjs";

const field = (name, more = {}) => ({
  name,
  label: name,
  type: "text",
  length: 0,
  required: false,
  createable: true,
  updateable: true,
  external_id: false,
  unique: false,
  restricted: false,
  picklist: [],
  ...more,
});
const source = (path, more = {}) => ({
  path,
  label: path.split(".").at(-1),
  type: "text",
  required: false,
  readOnly: false,
  filled: null,
  ...more,
});
const told = (fields, document = {}) => ({
  name: "patients",
  version: 3,
  at: null,
  who: "x",
  why: null,
  document: {
    integration: "i",
    emr_object: "patient",
    crm_object: "Contact",
    crm_id_field: "Id__c",
    mapping: { fields },
    ...document,
  },
  fields,
  live_fields: null,
});
const names = {
  emr: "first_name",
  crm: "FirstName",
  type: "name",
  role: "first_name",
};

test("undo and redo walk through states; typing into one field is one step", () => {
  let history = model.begin("a");
  history = model.change(history, "ab", "name");
  history = model.change(history, "abc", "name");
  history = model.change(history, "X");
  assert.equal(model.undo(history).now, "abc");
  assert.equal(model.undo(model.undo(history)).now, "a");
  assert.equal(model.undo(model.undo(model.undo(history))).now, "a");
  assert.equal(
    model.redo(model.redo(model.undo(model.undo(history)))).now,
    "X",
  );
  assert.deepEqual(model.change(model.undo(history), "Y").future, []);
});

test("a document becomes a setup and the same document again", () => {
  const given = told(
    [names, { emr: ["a", "b"], crm: "Street", transform: "lines" }],
    { create: true, parent: { sync: "x", emr: "y", crm: "Z__c" } },
  );
  assert.deepEqual(model.documentOf(model.setupOf(given)), given.document);
});

test("a policy over the mapping goes into the rows, as that is what holds", () => {
  const setup = model.setupOf(
    told([names], { policy: { FirstName: { winner: "crm" } } }),
  );
  assert.equal(setup.rows[0].spec.winner, "crm");
  assert.equal(model.documentOf(setup).policy, undefined);
});

test("a ready mapping keeps its name until somebody changes a row", () => {
  const given = {
    ...told([names]),
    document: { ...told([names]).document, mapping: "hint-contact" },
  };
  const setup = model.setupOf(given);
  assert.equal(model.documentOf(setup, [names]).mapping, "hint-contact");
  const edited = model.editRow(setup, "rows", setup.rows[0].id, {
    winner: "crm",
  });
  assert.deepEqual(model.documentOf(edited, [names]).mapping, {
    fields: [{ ...names, winner: "crm" }],
  });
});

test("R38: real time gets rows of its own, without roles, and lets go of them again", () => {
  const setup = model.ownLive(model.setupOf(told([names])), true);
  assert.equal(setup.live[0].spec.role, undefined);
  assert.ok(model.documentOf(setup).live_mapping.fields.length === 1);
  assert.equal(
    model.documentOf(model.ownLive(setup, false)).live_mapping,
    undefined,
  );
  const edited = model.editRow(setup, "live", setup.live[0].id, {
    blank: "clear",
  });
  assert.equal(edited.rows[0].spec.blank, undefined);
  assert.equal(edited.live[0].spec.blank, "clear");
});

test("bulk edit changes the rows that are chosen and leaves out what says nothing", () => {
  const setup = model.setupOf(
    told([names, { emr: "b", crm: "B", transform: "trim" }]),
  );
  const [one, two] = setup.rows;
  const edited = model.editRows(setup, "rows", new Set([one.id, two.id]), {
    winner: "newest",
    transform: undefined,
  });
  assert.deepEqual(
    edited.rows.map(({ spec }) => spec.winner),
    ["newest", "newest"],
  );
  assert.ok(!("transform" in edited.rows[1].spec));
  assert.equal(
    model.removeRows(edited, "rows", new Set([one.id])).rows.length,
    1,
  );
});

test("map by name finds names, labels and the words for the same thing, and touches nothing that is mapped", () => {
  const sources = [
    source("General.Name.FirstName"),
    source("General.DateOfBirth", { type: "date" }),
    source("Contacts.Contacts[Type=Mobile].Value"),
    source("General.Weight", { type: "number" }),
    source("DisplayId", { readOnly: true }),
  ];
  const fields = [
    field("FirstName"),
    field("Date_of_Birth__c", { type: "date" }),
    field("PersonMobilePhone", { type: "phone" }),
    field("Weight__c", { type: "date" }),
    field("DisplayId__c"),
    field("Formula__c", { createable: false, updateable: false }),
  ];
  const made = model.matchByName(sources, fields, []);
  assert.deepEqual(
    made.map(({ emr, crm }) => [emr, crm]),
    [
      ["General.Name.FirstName", "FirstName"],
      ["General.DateOfBirth", "Date_of_Birth__c"],
      ["Contacts.Contacts[Type=Mobile].Value", "PersonMobilePhone"],
      ["DisplayId", "DisplayId__c"],
    ],
  );
  assert.deepEqual(
    made.map(({ role }) => role),
    ["first_name", "birth_date", undefined, undefined],
  );
  assert.equal(
    made[3].direction,
    "emr_to_crm",
    "what is read-only there goes one way",
  );
  assert.deepEqual(
    model
      .matchByName(sources, fields, [
        { emr: "x", crm: "FirstName" },
        { emr: "General.DateOfBirth", crm: "Other" },
      ])
      .map(({ crm }) => crm),
    ["PersonMobilePhone", "DisplayId__c"],
  );
});

test("suggestions leave out what is mapped on either side", () => {
  const guesses = [
    { emr: "a", crm: "A", alike: 5, of: 5 },
    { emr: "b", crm: "B", alike: 5, of: 5 },
    { emr: "c", crm: "C", alike: 5, of: 5 },
  ];
  assert.deepEqual(
    model
      .openGuesses(guesses, [
        { emr: ["a", "z"], crm: "X" },
        { emr: "y", crm: "B" },
      ])
      .map(({ emr }) => emr),
    ["c"],
  );
});

test("the left column: described fields, lists by their elements, rows of paths that nobody described", () => {
  const described = [
    field("first_name"),
    field("phones", { type: "other" }),
    field("phones.number", { type: "phone" }),
    field("id", { type: "id" }),
  ];
  const found = [
    { path: "first_name", filled: 5 },
    { path: "phones[type=mobile].number", filled: 3 },
  ];
  const sources = model.sourcesOf(described, found);
  assert.deepEqual(
    sources.map(({ path, filled }) => [path, filled]),
    [
      ["first_name", 5],
      ["id", 0],
      ["phones[type=mobile].number", 3],
    ],
  );
  const lines = model.linesOf(sources, [
    { id: 1, spec: { emr: "first_name", crm: "A" } },
    { id: 2, spec: { emr: "first_name", crm: "B" } },
    { id: 3, spec: { transform: { constant: "Hint" }, crm: "C" } },
    { id: 4, spec: { emr: "made.up", crm: "D" } },
  ]);
  assert.deepEqual(
    lines.map(({ key, row }) => [key, row?.id]),
    [
      ["path first_name", 1],
      ["row 2", 2],
      ["path id", undefined],
      ["path phones[type=mobile].number", undefined],
      ["row 3", 3],
      ["row 4", 4],
    ],
  );
  assert.ok(
    model
      .textOf(lines[0], field("A", { external_id: true }))
      .includes("external id"),
  );
});

test("what is wrong at once: the same field twice, none, one that is not there, a read-only one", () => {
  const fields = new Map(
    [field("A"), field("B", { createable: false, updateable: false })].map(
      (one) => [one.name, one],
    ),
  );
  const rows = [
    { emr: "a", crm: "A" },
    { emr: "b", crm: "A" },
    { emr: "c" },
    { emr: "d", crm: "Nowhere" },
    { emr: "e", crm: "B" },
    { crm: "C" },
  ].map((spec, id) => ({ id, spec }));
  const wrong = model.wrongRows(rows, fields);
  assert.deepEqual([...wrong.keys()], [1, 2, 3, 4, 5]);
  assert.match(wrong.get(1), /filled by A already/);
  assert.match(wrong.get(4), /read-only/);
});

test("what the check found holds until somebody changes that row", () => {
  const setup = model.setupOf(told([names]));
  const [found] = model.foundIn(
    [
      {
        level: "error",
        list: "mapping",
        row: 0,
        field: "FirstName",
        text: "x",
      },
    ],
    setup,
  );
  assert.ok(model.stillHolds(found, setup.rows));
  assert.ok(
    !model.stillHolds(
      found,
      model.editRow(setup, "rows", setup.rows[0].id, { crm: "Other" }).rows,
    ),
  );
});

test("transforms as controls and back", () => {
  const [spelling, emr] = model.transformArguments.state;
  assert.deepEqual(
    model.withArgument({ state: "code", emr: "code" }, emr, ""),
    { state: "code" },
  );
  assert.deepEqual(model.withArgument("state", spelling, "name"), {
    state: "name",
  });
  const [pairs] = model.transformArguments.map;
  assert.deepEqual(
    model.withArgument(
      { map: {}, else: "keep" },
      pairs,
      "male = Male\nfemale=Female\n",
    ),
    { map: { male: "Male", female: "Female" }, else: "keep" },
  );
  assert.equal(
    model.argumentOf({ map: { male: "Male" } }, pairs),
    "male = Male",
  );
  assert.ok(!model.isPlain(["trim", "upper"]));
  assert.equal(
    model.transformText(["trim", { truncate: 40 }]),
    "trim, truncate 40",
  );
  assert.equal(model.kindOf({ map: {}, else: "keep" }), "map");
});

test("differences of two versions name settings and rows", () => {
  const before = {
    ...told([names, { emr: "b", crm: "B" }]),
    live_fields: null,
  };
  const after = {
    ...told(
      [
        { ...names, winner: "crm" },
        { emr: "c", crm: "C" },
      ],
      { create: true },
    ),
    live_fields: null,
  };
  assert.deepEqual(
    model
      .changesOf(before, after)
      .map(({ what, before: b, after: a }) => [
        what,
        b === null ? "added" : a === null ? "removed" : "changed",
      ]),
    [
      ["Setting create", "added"],
      ["Row FirstName", "changed"],
      ["Row C", "added"],
      ["Row B", "removed"],
    ],
  );
  assert.deepEqual(model.changesOf(before, before), []);
});
