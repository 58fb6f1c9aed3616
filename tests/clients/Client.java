// One request by one of the JDK's two clients. usage: Client HttpURLConnection|HttpClient METHOD URL BODY SECONDS [FIRST]
// Prints a line of JSON: what came of it. With FIRST, that is fetched before, over the same connection.
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

public class Client {
    record Answer(int status, String body) {}

    interface Sender {
        Answer send(String method, String url, String body, int seconds) throws IOException, InterruptedException;
    }

    static final String TOKEN = "Zoho-oauthtoken 1000.crmock.admin";
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static Answer byConnection(String method, String url, String body, int seconds) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestMethod(method);
        connection.setRequestProperty("Authorization", TOKEN);
        connection.setReadTimeout(seconds * 1000);
        if (!body.isEmpty()) {
            connection.setDoOutput(true);
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        try (InputStream stream = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(status, stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    static Answer byClient(String method, String url, String body, int seconds) throws IOException, InterruptedException {
        HttpRequest.BodyPublisher publisher = body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).method(method, publisher).header("Authorization", TOKEN)
            .timeout(Duration.ofSeconds(seconds)).build();
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        return new Answer(answer.statusCode(), answer.body());
    }

    static String quoted(String text) {
        if (text == null)
            return "null";
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray())
            json.append(c == '"' || c == '\\' ? "\\" + c : c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        return json.append('"').toString();
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Sender sender = arguments[0].equals("HttpClient") ? Client::byClient : Client::byConnection;
        int seconds = Integer.parseInt(arguments[4]);
        if (arguments.length > 5)
            sender.send("GET", arguments[5], "", 60);
        try {
            Answer answer = sender.send(arguments[1], arguments[2], arguments[3], seconds);
            System.out.printf("{\"outcome\": \"answer\", \"status\": %d, \"body\": %s, \"error\": null}%n", answer.status(), quoted(answer.body()));
        } catch (IOException error) {
            System.out.printf("{\"outcome\": \"error\", \"status\": null, \"body\": null, \"error\": {\"name\": %s, \"message\": %s}}%n",
                              quoted(error.getClass().getSimpleName()), quoted(error.getMessage()));
        }
        System.exit(0); // HttpClient's threads would keep it for a while
    }
}
