// What tools/check-salesforce does: reads the package and the C side, then runs every check of the table at the end.
// A check returns sentences, one for each fault.
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

const root = process.argv[2] ?? '.';
const home = join(root, 'salesforce');
const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

// Ending of a file name: the element that it must hold.
const ROOTS = {
  'field-meta.xml': 'CustomField',
  'object-meta.xml': 'CustomObject',
  'listView-meta.xml': 'ListView',
  'cls-meta.xml': 'ApexClass',
  'js-meta.xml': 'LightningComponentBundle',
  'permissionset-meta.xml': 'PermissionSet',
  'customPermission-meta.xml': 'CustomPermission',
  'quickAction-meta.xml': 'QuickAction',
  'platformEventChannelMember-meta.xml': 'PlatformEventChannelMember',
  'tab-meta.xml': 'CustomTab',
  'flow-meta.xml': 'Flow',
  'report-meta.xml': 'Report',
  'reportFolder-meta.xml': 'ReportFolder',
  'externalCredential-meta.xml': 'ExternalCredential',
  'namedCredential-meta.xml': 'NamedCredential',
};

// Standard fields that a permission set cannot list (always visible), or that stand for several.
const ALWAYS_VISIBLE = new Set(['Salutation', 'FirstName', 'MiddleName', 'LastName', 'Suffix', 'Name']);
const wholeOf = (field) => (/^Mailing/.test(field) ? 'MailingAddress' : field);

// Kind in the sandbox's tables: what the package's field may be. Text is also what an open picklist takes.
const KINDS = {
  STRING: ['Text', 'Picklist'],
  BOOLEAN: ['Checkbox'],
  DATETIME: ['DateTime'],
  DATE: ['Date'],
  URL: ['Url'],
};

const list = (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]);
const text = (path) => readFileSync(join(root, path), 'utf8');

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]));
}

const files = filesUnder(home);
const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });

// Every metadata file, parsed: { file, kind, name, body }. What is not well-formed has no body.
const metadata = files
  .filter((file) => file.endsWith('.xml'))
  .map((file) => {
    const [name, ending] = basename(file).match(/^(.+?)\.([A-Za-z]+-meta\.xml)$/)?.slice(1) ?? [basename(file), ''];
    const source = readFileSync(file, 'utf8');
    const verdict = XMLValidator.validate(source);
    const body = verdict === true ? parser.parse(source)[ROOTS[ending]] : undefined;
    return { file, name, ending, kind: ROOTS[ending], fault: verdict === true ? '' : verdict.err.msg, body };
  });
const ofKind = (kind) => metadata.filter((one) => one.kind === kind && one.body);

const folderOf = (file, up) => file.split('/').at(-1 - up);
const fields = new Map(ofKind('CustomField').map((one) => [`${folderOf(one.file, 2)}.${one.name}`, one.body]));
const objects = new Set(ofKind('CustomObject').map((one) => one.name));
const classes = new Map(
  files.filter((file) => file.endsWith('.cls')).map((file) => [basename(file, '.cls'), readFileSync(file, 'utf8')]),
);
const bundles = new Map(ofKind('LightningComponentBundle').map((one) => [one.name, one]));
const scripts = files.filter((file) => /\/lwc\/[^/]+\/[^/]+\.js$/.test(file));

function checkXml() {
  return metadata.flatMap(({ file, kind, fault, body, name }) => {
    if (fault) return [`${file}: ${fault}`];
    if (!kind) return [`${file}: no kind of metadata ends so`];
    if (!body) return [`${file}: must hold ${kind}`];
    if (body['@_xmlns'] !== NAMESPACE) return [`${file}: the namespace must be ${NAMESPACE}`];
    return body.fullName && body.fullName !== name ? [`${file}: fullName is ${body.fullName}`] : [];
  });
}

function checkPairs() {
  const faults = [];
  for (const name of classes.keys())
    if (!ofKind('ApexClass').some((one) => one.name === name)) faults.push(`${name}.cls has no .cls-meta.xml`);
  for (const { name } of ofKind('ApexClass')) if (!classes.has(name)) faults.push(`${name}.cls-meta.xml has no class`);
  for (const [name, { file }] of bundles)
    if (!existsSync(join(file, '..', `${name}.js`))) faults.push(`${file}: no ${name}.js beside it`);
  return faults;
}

// Names that end in __c, wherever they are used, are fields or objects of the package.
function checkNames() {
  const known = new Set([...fields.keys()].map((name) => name.split('.')[1]).concat([...objects]));
  const users = [...scripts, ...files.filter((file) => /\.(cls|report-meta\.xml|listView-meta\.xml|flow-meta\.xml)$/.test(file))];
  return users.flatMap((file) =>
    [...new Set(readFileSync(file, 'utf8').match(/\b[A-Z]\w*?__c\b/g))]
      .filter((name) => !known.has(name))
      .map((name) => `${file}: the package has no ${name}`),
  );
}

// A component may call only what Apex offers to components.
function checkCalls() {
  return scripts.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/@salesforce\/apex\/(\w+)\.(\w+)/g)]
      .filter(([, type, method]) => !new RegExp(`@AuraEnabled\\s+public static [\\w<>]+ ${method}\\(`).test(classes.get(type) ?? ''))
      .map(([, type, method]) => `${file}: ${type}.${method} is no @AuraEnabled method`),
  );
}

function checkFlows() {
  return ofKind('Flow').flatMap(({ file, body }) =>
    list(body.actionCalls).flatMap((call) => {
      const source = classes.get(call.actionName) ?? '';
      if (!source.includes('@InvocableMethod')) return [`${file}: ${call.actionName} is no action`];
      const inputs = [...source.matchAll(/@InvocableVariable\([\s\S]*?\)\s+public \w+ (\w+);/g)].map((match) => match[1]);
      return list(call.inputParameters)
        .filter((input) => !inputs.includes(input.name))
        .map((input) => `${file}: ${call.actionName} has no input ${input.name}`);
    }),
  );
}

function checkButtons() {
  return ofKind('QuickAction').flatMap(({ file, body }) => {
    const targets = list(bundles.get(body.lightningWebComponent)?.body.targets?.target);
    return targets.includes('lightning__RecordAction') ? [] : [`${file}: ${body.lightningWebComponent} is no action`];
  });
}

function checkPermissions() {
  const permissions = ofKind('CustomPermission').map((one) => one.name);
  return ofKind('PermissionSet').flatMap(({ file, body }) => {
    const missing = [
      ...list(body.fieldPermissions).map((one) => one.field).filter((name) => name.endsWith('__c') && !fields.has(name)),
      ...list(body.classAccesses).map((one) => one.apexClass).filter((name) => !classes.has(name)),
      ...list(body.customPermissions).map((one) => one.name).filter((name) => !permissions.includes(name)),
      ...list(body.objectPermissions).map((one) => one.object).filter((name) => name.endsWith('__c') && !objects.has(name)),
    ];
    return missing.map((name) => `${file}: the package has no ${name}`);
  });
}

// Fields that the C side names: object.field and who names it. Standard fields are included.
function namedByMappings() {
  const folder = join(root, 'src/model/mappings');
  return readdirSync(folder).filter((file) => file.endsWith('.yaml')).flatMap((file) => {
    const object = file.replace(/^.*-|\.yaml$/g, '').replace(/^./, (letter) => letter.toUpperCase());
    if (object !== 'Contact' && object !== 'Account') return []; // orders and the like are objects of the org's own
    return [...readFileSync(join(folder, file), 'utf8').matchAll(/\bcrm: (\w+)/g)]
      .filter(([, name]) => object === 'Contact' || name.endsWith('__c')) // which standard fields an account has depends on the org
      .map(([, name]) => [`${object}.${name}`, file]);
  });
}

function namedBySample() {
  const sample = text('src/app/engine.c');
  const object = sample.match(/crm_object: (\w+)/)[1];
  return [...sample.matchAll(/crm_\w+_field: (\w+)/g)].map(([, name]) => [`${object}.${name}`, 'src/app/engine.c']);
}

// Rows of the sandbox's contact_custom and the like: [object.field, kind, size, access].
function sandboxRows() {
  const source = text('sandbox/salesforce/schema_tables.c');
  return [...source.matchAll(/struct field (\w+)_custom\[\] = \{([\s\S]*?)\n\};/g)].flatMap(([, table, rows]) => {
    const object = table.replace(/^./, (letter) => letter.toUpperCase());
    return [...rows.matchAll(/F\(\s*"(\w+__c)",\s*"[^"]*",\s*(\w+),\s*(\d+),\s*([^,)]*)/g)].map(([, name, kind, size, access]) => ({
      field: `${object}.${name}`, kind, size: Number(size), access,
    }));
  });
}

function checkBothWays() {
  const named = [...namedByMappings(), ...namedBySample(), ...sandboxRows().map((row) => [row.field, 'the sandbox'])];
  const known = new Set(named.map(([name]) => name));
  const faults = named
    .filter(([name]) => name.endsWith('__c') && !fields.has(name))
    .map(([name, who]) => `${who} names ${name}, which the package does not bring`);
  const own = new Set(text('salesforce/package-only.txt').split('\n').filter((line) => line && line[0] !== '#').map((line) => line.split(/\s/)[0]));
  for (const name of fields.keys())
    if (/^(Contact|Account)\./.test(name) && !known.has(name) && !own.has(name))
      faults.push(`${name} is in the package, but Suture never uses it (if it should: salesforce/package-only.txt)`);
  for (const name of own)
    if (!fields.has(name) || known.has(name)) faults.push(`salesforce/package-only.txt: ${name} does not belong there`);
  return faults;
}

// The sandbox pretends that the package was installed: it must pretend the same fields.
function checkSandbox() {
  const faults = sandboxRows().flatMap(({ field, kind, size, access }) => {
    const real = fields.get(field);
    if (!real) return [];
    const wrong = [];
    if (!KINDS[kind]?.includes(real.type)) wrong.push(`type ${real.type}, in the sandbox ${kind}`);
    if (real.type === 'Text' && Number(real.length) !== size) wrong.push(`length ${real.length}, in the sandbox ${size}`);
    if (real.type === 'Picklist' && real.valueSet.restricted !== 'false') wrong.push('a closed picklist');
    for (const [flag, member] of [['EXTERNAL', 'externalId'], ['UNIQUE', 'unique'], ['CASE', 'caseSensitive']])
      if (access.includes(`FIELD_${flag}`) !== (real[member] === 'true')) wrong.push(`${member} ${real[member]}`);
    return wrong.map((what) => `${field} has ${what}`);
  });
  return sandboxRows().length ? faults : ['sandbox/salesforce/schema_tables.c: no custom fields were found'];
}

// Suture's user must be able to write whatever a mapping may write.
function checkIntegrationUser() {
  const set = ofKind('PermissionSet').find((one) => one.name === 'Suture_Integration_User');
  const editable = new Set(list(set?.body.fieldPermissions).filter((one) => one.editable === 'true').map((one) => one.field));
  const wanted = namedByMappings().concat(namedBySample()).map(([name]) => name.split('.'))
    .filter(([, field]) => !ALWAYS_VISIBLE.has(field)).map(([object, field]) => `${object}.${wholeOf(field)}`);
  const own = [...fields.keys()].filter((name) => /^(Contact|Account)\./.test(name));
  return [...new Set([...wanted, ...own])].filter((name) => !editable.has(name))
    .map((name) => `Suture_Integration_User may not write ${name}`);
}

function checkContract() {
  const { secret, timestamp, body, signature } = JSON.parse(text('salesforce/contract/signed-action.json'));
  const real = `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
  const test = (classes.get('SutureMessageTest') ?? '').replace(/' \+\s*'/g, '');
  const faults = real === signature ? [] : ['contract/signed-action.json: the signature is wrong'];
  for (const what of [signature, body, `${timestamp}L`])
    if (!test.includes(what)) faults.push(`SutureMessageTest does not test ${what}`);
  return faults;
}

const CHECKS = [
  checkXml, checkPairs, checkNames, checkCalls, checkFlows, checkButtons, checkPermissions, checkBothWays, checkSandbox,
  checkIntegrationUser, checkContract,
];
const faults = CHECKS.flatMap((check) => check());
for (const fault of faults) console.log(fault.replace(`${root}/`, ''));
if (!faults.length) console.log(`${metadata.length} metadata files, ${classes.size} classes, ${fields.size} fields fit together`);
process.exit(faults.length ? 1 : 0);
