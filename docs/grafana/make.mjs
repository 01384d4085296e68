// Prints suture.json, the Grafana dashboard. To add a panel: a row.
const rows = [
	['How it stands', [
		['stat', 'Syncs at work', 'sum(suture_sync_ready)', ''],
		['stat', 'Syncs that are not', 'count(suture_sync_ready == 0) or vector(0)', ''],
		['stat', 'Age of the oldest change that waits', 'max(suture_sync_lag_seconds)', 's'],
		['stat', 'Database answers', 'min(suture_store_up)', ''],
	]],
	['Live', [
		['timeseries', 'Age of the oldest change that waits', 'suture_sync_lag_seconds', 's', '{{sync}}'],
		['timeseries', 'A change told live until the other side has it, 99 of 100', 'histogram_quantile(0.99, sum by (le) (rate(suture_write_seconds_bucket[5m])))', 's', 'p99'],
		['timeseries', 'A webhook until it is on the disk, 99 of 100', 'histogram_quantile(0.99, sum by (le) (rate(suture_hook_seconds_bucket[5m])))', 's', 'p99'],
		['timeseries', 'Webhooks by answer', 'sum by (connection, answer) (rate(suture_hook_requests_total[5m]))', 'reqps', '{{connection}} {{answer}}'],
		['timeseries', 'Events', 'sum by (event, outcome) (rate(suture_events_total[5m]))', 'ops', '{{event}} {{outcome}}'],
		['timeseries', 'Streams connected', 'suture_sync_streaming', '', '{{sync}}'],
	]],
	['The road', [
		['timeseries', 'What waits', 'suture_sync_waiting + suture_sync_to_read', '', '{{sync}}'],
		['timeseries', 'Writes owed', 'suture_sync_owed', '', '{{sync}}'],
		['timeseries', 'Back-references owed', 'suture_sync_owed_low', '', '{{sync}}'],
		['timeseries', 'Payloads by outcome', 'sum by (outcome) (rate(suture_outcomes_total[5m]))', 'ops', '{{outcome}}'],
		['timeseries', 'Writes by answer', 'sum by (side, result) (rate(suture_writes_total[5m]))', 'ops', '{{side}} {{result}}'],
		['timeseries', 'Failures by code', 'sum by (sync, code) (rate(suture_errors_total[5m]))', 'ops', '{{sync}} {{code}}'],
	]],
	['Far systems and ourselves', [
		['timeseries', 'Requests to far systems', 'rate(suture_client_requests_answered_total[5m])', 'reqps', 'answered'],
		['timeseries', 'Attempts beyond the first', 'rate(suture_client_requests_retried_total[5m])', 'reqps', 'retried'],
		['timeseries', 'Requests without an answer', 'rate(suture_client_requests_failed_total[5m])', 'reqps', 'failed'],
		['timeseries', 'Requests to us by class', 'sum by (class) (rate(suture_server_requests_total[5m]))', 'reqps', '{{class}}'],
		['timeseries', 'Memory', 'process_resident_memory_bytes', 'bytes', '{{instance}}'],
		['timeseries', 'Processor', 'rate(process_cpu_seconds_total[5m])', 'percentunit', '{{instance}}'],
	]],
];

const source = { type: 'prometheus', uid: '${source}' };
let id = 0;

function panel([type, title, expr, unit, legendFormat], x, y, w, h) {
	const targets = [{ refId: 'A', datasource: source, expr, ...(legendFormat ? { legendFormat } : {}) }];
	return { id: ++id, type, title, datasource: source, gridPos: { x, y, w, h }, fieldConfig: { defaults: { unit: unit || 'none', min: 0 }, overrides: [] }, targets };
}

/** Four small ones or three large ones side by side. */
function layOut() {
	const panels = [];
	let y = 0;
	for (const [title, members] of rows) {
		panels.push({ id: ++id, type: 'row', title, collapsed: false, gridPos: { x: 0, y: y++, w: 24, h: 1 }, panels: [] });
		const [w, h] = members[0][0] === 'stat' ? [6, 4] : [8, 8];
		const across = 24 / w;
		members.forEach((row, n) => panels.push(panel(row, (n % across) * w, y + Math.floor(n / across) * h, w, h)));
		y += Math.ceil(members.length / across) * h;
	}
	return panels;
}

console.log(JSON.stringify({
	title: 'Suture',
	uid: 'suture',
	tags: ['suture'],
	schemaVersion: 38,
	version: 1,
	editable: true,
	timezone: 'utc',
	refresh: '30s',
	time: { from: 'now-6h', to: 'now' },
	templating: { list: [{ name: 'source', type: 'datasource', query: 'prometheus', label: 'Data source', current: {}, hide: 0 }] },
	annotations: { list: [] },
	panels: layOut(),
}, null, 2));
