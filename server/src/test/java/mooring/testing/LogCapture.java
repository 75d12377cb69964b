package mooring.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/// Everything that this process logs while it is open, down to what only developers ask for.
public final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger root;
    private final Logger own;
    private final Level rootBefore;
    private final Level ownBefore;

    private LogCapture() {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        own = context.getLogger("mooring");
        rootBefore = root.getLevel();
        ownBefore = own.getLevel();
        setContext(context);
        root.iteratorForAppenders()
                .forEachRemaining(
                        console -> {
                            ThresholdFilter quiet = new ThresholdFilter();
                            quiet.setLevel("WARN");
                            quiet.start();
                            console.addFilter(quiet);
                        });
        start();
        root.addAppender(this);
        root.setLevel(Level.DEBUG);
        own.setLevel(Level.TRACE);
    }

    public static LogCapture open() {
        return new LogCapture();
    }

    /// One text for each event, with its stack trace.
    public List<String> lines() {
        return lines;
    }

    @Override
    protected void append(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        lines.add(
                event.getLevel()
                        + " "
                        + event.getLoggerName()
                        + ": "
                        + event.getFormattedMessage()
                        + (thrown == null ? "" : "\n" + ThrowableProxyUtil.asString(thrown)));
    }

    @Override
    public void close() {
        root.detachAppender(this);
        root.setLevel(rootBefore);
        own.setLevel(ownBefore);
        root.iteratorForAppenders().forEachRemaining(console -> console.clearAllFilters());
        stop();
    }
}
