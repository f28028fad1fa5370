package jdk.crac.impl;

import jdk.internal.crac.mirror.impl.CheckpointOpenResourceException;

/** Has the name of the class in a CRaC JDK, which is private to a package of java.base. */
class BusySelectorException extends CheckpointOpenResourceException {

    private static final long serialVersionUID = 1L;

    BusySelectorException(String description) {
        super(description);
    }

    @Override
    public String toString() {
        return "sun.nio.ch.EPollSelectorImpl$BusySelectorException: " + getMessage();
    }
}
