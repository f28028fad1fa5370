package jdk.internal.crac.mirror.impl;

public class CheckpointOpenFileException extends Exception {

    private static final long serialVersionUID = 1L;

    public CheckpointOpenFileException(String description) {
        super(description);
    }
}
