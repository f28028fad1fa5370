package example;

import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.post;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.webmvc.test.autoconfigure.AutoConfigureMockMvc;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.MockMvc;

@SpringBootTest
@AutoConfigureMockMvc
class OrderControllerTest {

    @Autowired
    private MockMvc mvc;

    @Test
    void listsWhatWasOrdered() throws Exception {
        mvc.perform(get("/orders")).andExpect(content().json("[]"));

        mvc.perform(post("/orders")
                        .contentType(MediaType.APPLICATION_JSON)
                        .content("{\"article\": \"tea\", \"quantity\": 2}"))
                .andExpect(status().isCreated());

        mvc.perform(get("/orders"))
                .andExpect(jsonPath("$[0].article").value("tea"))
                .andExpect(jsonPath("$[0].quantity").value(2));
    }

    @Test
    void isHealthyWithItsDatabase() throws Exception {
        mvc.perform(get("/actuator/health")).andExpect(status().isOk());
    }
}
