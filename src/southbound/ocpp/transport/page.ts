/** What a browser sees that opens the port: that the bridge is up, and how to point a charger at it. */
export function notFoundPage(scheme: 'ws' | 'wss', host: string): string {
  const url = `${scheme}://${escapeHtml(host)}/`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>ocpp-bms-bridge</title></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 3em auto; line-height: 1.5">
<h1>404: this is a WebSocket port for EV chargers</h1>
<p>The OCPP 1.6J central system of <b>ocpp-bms-bridge</b> lives here, and it is running. There is nothing to see for a browser.</p>
<p>In the charger's settings enter:</p>
<ul>
<li>protocol: <b>OCPP 1.6 JSON</b> (OCPP-J, not SOAP)</li>
<li>backend or central system URL: <b>${url}</b></li>
<li>charge point identifier: the <code>id</code> of the charger in <code>config.yaml</code>; most chargers append it to the URL themselves:
<code>${url}&lt;identifier&gt;</code></li>
</ul>
<p>This address must be one that the charger can reach: not localhost, and not blocked by a firewall.</p>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
