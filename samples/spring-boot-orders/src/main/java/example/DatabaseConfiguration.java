package example;

import com.zaxxer.hikari.HikariDataSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    /** A pool that asks for each new connection where the database is now: after a restore that is another one. */
    @Bean
    @ConfigurationProperties("spring.datasource.hikari")
    HikariDataSource dataSource() {
        HikariDataSource pool = new HikariDataSource();
        pool.setDataSource(new EnvironmentDataSource());
        return pool;
    }
}
