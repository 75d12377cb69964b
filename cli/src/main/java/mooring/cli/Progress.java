package mooring.cli;

import java.io.PrintStream;

/// How far a long transfer is: a bar that moves on a terminal, else a line for each tenth.
final class Progress {
    private static final int BAR_WIDTH = 30;
    private static final int LINE_WIDTH = 78;
    private static final long REDRAW_NANOS = 200_000_000;
    private static final long PLAIN_BYTES = 100_000_000;

    private final PrintStream out;
    private final boolean terminal;
    private final boolean silent;
    private final long total;
    private final long startBytes;
    private final long startNanos = System.nanoTime();
    private long drawnNanos;
    private long lastStep;
    private boolean open;

    /// @param startBytes what is there already
    /// @param total -1 when it is not known
    Progress(PrintStream out, boolean terminal, boolean silent, long startBytes, long total) {
        this.out = out;
        this.terminal = terminal;
        this.silent = silent;
        this.startBytes = startBytes;
        this.total = total;
        this.lastStep = step(startBytes);
        this.drawnNanos = startNanos - REDRAW_NANOS;
    }

    synchronized void reached(long bytes) {
        if (silent) {
            return;
        }
        long now = System.nanoTime();
        if (terminal) {
            if (now - drawnNanos >= REDRAW_NANOS || bytes == total) {
                drawnNanos = now;
                out.print("\r" + padded(bar(bytes) + figures(bytes, now)));
                out.flush();
                open = true;
            }
        } else if (step(bytes) > lastStep) {
            lastStep = step(bytes);
            out.println(figures(bytes, now));
            out.flush();
        }
    }

    /// Leaves the bar's line, so that what follows has its own.
    synchronized void end() {
        if (open) {
            out.println();
            out.flush();
            open = false;
        }
    }

    private long step(long bytes) {
        return total > 0 ? bytes * 10 / total : bytes / PLAIN_BYTES;
    }

    private String bar(long bytes) {
        if (total <= 0) {
            return "";
        }
        int filled = (int) Math.min(BAR_WIDTH, bytes * BAR_WIDTH / total);
        return "[" + "=".repeat(filled) + " ".repeat(BAR_WIDTH - filled) + "] ";
    }

    private String figures(long bytes, long now) {
        if (total <= 0) {
            return Size.of(bytes);
        }
        String done = bytes * 100 / total + " %  " + Size.of(bytes) + " of " + Size.of(total);
        long perSecond = (long) ((bytes - startBytes) / Math.max(1e-9, (now - startNanos) / 1e9));
        if (bytes >= total || perSecond <= 0) {
            return done;
        }
        return done + ", " + time((total - bytes) / perSecond) + " left";
    }

    private static String time(long seconds) {
        return seconds < 60 ? seconds + " s" : seconds / 60 + " min";
    }

    private static String padded(String line) {
        return line.length() >= LINE_WIDTH
                ? line.substring(0, LINE_WIDTH)
                : line + " ".repeat(LINE_WIDTH - line.length());
    }
}
