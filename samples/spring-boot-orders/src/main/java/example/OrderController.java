package example;

import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/orders")
class OrderController {

    private final JdbcClient database;

    OrderController(JdbcClient database) {
        this.database = database;
    }

    @GetMapping
    List<Order> list() {
        return database.sql("select id, article, quantity from orders order by id").query(Order.class).list();
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    void place(@RequestBody Order order) {
        database.sql("insert into orders (article, quantity) values (:article, :quantity)")
                .paramSource(order)
                .update();
    }
}
