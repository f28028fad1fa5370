package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micronaut.crac.test.CheckpointSimulator;
import io.micronaut.json.JsonMapper;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.test.extensions.junit5.annotation.MicronautTest;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@MicronautTest
class HelloControllerTest {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final EmbeddedServer server;
    private final CheckpointSimulator simulator;
    private final JsonMapper json;

    HelloControllerTest(EmbeddedServer server, CheckpointSimulator simulator, JsonMapper json) {
        this.server = server;
        this.simulator = simulator;
        this.json = json;
    }

    @AfterEach
    void forgetGreeting() {
        System.clearProperty("greeting");
    }

    @Test
    void greets() throws Exception {
        HttpResponse<String> answer = get("/");

        assertEquals("Hello World", answer.body());
        assertEquals("text/plain", answer.headers().firstValue("content-type").orElseThrow());
    }

    @Test
    void looksTheGreetingUpAtEachRequest() throws Exception {
        get("/");
        System.setProperty("greeting", "Bonjour");

        assertEquals("Bonjour", get("/").body());
    }

    /** The simulator stops and starts what a real checkpoint and restore would, on any JDK. */
    @Test
    void survivesCheckpointAndRestore() throws Exception {
        Status before = status();
        assertFalse(before.restored());

        simulator.runBeforeCheckpoint();
        assertFalse(server.isRunning());
        simulator.runAfterRestore();

        assertEquals("Hello World", get("/").body());
        Status after = status();
        assertTrue(after.restored());
        assertEquals(before.startedAt(), after.startedAt());
    }

    private Status status() throws Exception {
        return json.readValue(get("/status").body(), Status.class);
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.getURI().resolve(path)).build();
        return client.send(request, BodyHandlers.ofString());
    }
}
