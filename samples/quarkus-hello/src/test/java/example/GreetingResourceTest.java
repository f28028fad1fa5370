package example;

import static io.restassured.RestAssured.get;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
class GreetingResourceTest {

    @AfterEach
    void forgetGreeting() {
        System.clearProperty("greeting");
    }

    @Test
    void looksTheGreetingUpAtEachRequest() {
        get("/").then().statusCode(200).body(equalTo("Hello World"));
        System.setProperty("greeting", "Bonjour");
        get("/").then().body(equalTo("Bonjour"));
    }

    @Test
    void isHealthy() {
        get("/q/health").then().statusCode(200).body("status", equalTo("UP"));
    }
}
