package example;

public record Order(Long id, String article, int quantity) {}
