/* What programs in each language need to reach crmock: those of docs/sdks.md with a sandbox's values, and the variables of docs/tls.md. */
const BLOCK = /^(.+)\n\n```(\w+)\n([^]*?)\n```$/gm;
const VALUE = /"(Zoho-oauthtoken )?(https?:\/\/[\d.]+:\d+|1000\.CRMOCK|crmock-secret|1000\.crmock\.\w+)(\/[^"]*)?"/g;

/* Variables that have programs come by the proxy, and trust it. */
export const variables = (...names) => proxy =>
  `export HTTPS_PROXY=${proxy} NO_PROXY=127.0.0.1,localhost ${names.map(name => `${name}="$PWD/ca.pem"`).join(" ")}`;

/* By the language as the page has it: its name; what has a program with the service's hosts in it come here; how a text is quoted. */
export const CLIENTS = {
  python: { name: "Python", far: variables("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE") },
  js: { name: "Node.js", far: proxy => `${variables("NODE_EXTRA_CA_CERTS")(proxy)} NODE_USE_ENV_PROXY=1 # Node.js 22.21, 24.5 and newer` },
  java: { name: "Java", far: proxy => `keytool -importcert -noprompt -alias crmock -file ca.pem -keystore crmock.p12 -storepass crmock
export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore='$PWD/crmock.p12' -Djavax.net.ssl.trustStorePassword=crmock \\
  -Dhttps.proxyHost=${new URL(proxy).hostname} -Dhttps.proxyPort=${new URL(proxy).port}"` },
  php: { name: "PHP", quote: text => JSON.stringify(text).replaceAll("$", "\\$"),
    far: proxy => `HTTPS_PROXY=${proxy} php -d openssl.cafile="$PWD/ca.pem" -d curl.cainfo="$PWD/ca.pem" your-program.php` },
  csharp: { name: "C#", far: variables("SSL_CERT_FILE") },
  ruby: { name: "Ruby", quote: text => JSON.stringify(text).replaceAll("#", "\\#"),
    far: proxy => `export http_proxy=${proxy} SSL_CERT_FILE="$PWD/ca.pem"` },
  go: { name: "Go", far: variables("SSL_CERT_FILE") },
};

/* The page's programs in a language, [what is said of it, its text], with the values in the place of the documented ones. */
export function programsOf(page, language, values) {
  const { quote = JSON.stringify } = CLIENTS[language];
  const put = (_, before = "", documented, behind = "") => quote(before + (values[documented] ?? documented) + behind);
  return [...page.matchAll(BLOCK)].filter(([, , of]) => of === language).map(([, says, , text]) => [says, text.replace(VALUE, put)]);
}
