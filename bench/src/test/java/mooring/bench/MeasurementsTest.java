package mooring.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// Each measurement with a small count: what it proves must hold, how fast it went need not.
class MeasurementsTest {

    @Test
    void aLongPrefillComesToItsAnswer() throws Exception {
        assertNothingWrong(new LongPrefill(), "--seconds", "2", "--direct");
    }

    @Test
    void largeUploadsAreAnsweredAndLeaveSmallRequestsTheirWay() throws Exception {
        assertNothingWrong(new Uploads(), "--uploads", "12", "--mib", "2", "--small", "50");
    }

    @Test
    void largeBodiesGoThroughBesideStreams() throws Exception {
        assertNothingWrong(new LargeBody(), "--rounds", "1", "--seconds", "1", "--streams", "10");
    }

    @Test
    void restartsUnderLoadFailNoRequestAndCutNoStream() throws Exception {
        assertNothingWrong(new RollingRestart(), "--restarts", "1", "--clients", "4");
    }

    @Test
    void limitsLetThroughWhatTheySayAndNoMore() throws Exception {
        assertNothingWrong(new LimitsHeld(), "--minutes", "2");
    }

    @Test
    void manyStreamsStayOpenBesideRequestsAtARate() throws Exception {
        assertNothingWrong(
                new ManyStreams(),
                "--streams",
                "50",
                "--rate",
                "100",
                "--seconds",
                "3",
                "--pace-millis",
                "20",
                "--organizations",
                "3");
    }

    @Test
    void callersWhoLeaveOrHardlyReadLeaveNothingBehind() throws Exception {
        assertNothingWrong(new Soak(), "--seconds", "6", "--callers", "2", "--rate", "50");
    }

    @Test
    void engineLogSettlementAndAnswerAgreeForEveryRequest() throws Exception {
        assertNothingWrong(new ExactlyOnce(), "--requests", "200");
    }

    @Test
    void killingServerOrDatabaseLeavesNothingBehindAndBillsNothingTwice() throws Exception {
        assertNothingWrong(new Kill(), "--kills", "2", "--rate", "200");
    }

    @Test
    void theGatewayStandsBesideTheEngineAndEveryAnswerIsRight() throws Exception {
        assertNothingWrong(
                new GatewayCost(),
                "--rounds",
                "1",
                "--seconds",
                "1",
                "--organizations",
                "3",
                "--streams",
                "20",
                "--rate",
                "200",
                "--without-nginx");
    }

    @Test
    void textArrivesAsItWasSaidHoweverItIsCut() throws Exception {
        assertNothingWrong(new Unicode(), "--runs", "1");
    }

    @Test
    void anotherOrganizationsPromptIsNeverACacheHit() throws Exception {
        assertNothingWrong(new Tenants(), "--runs", "1");
    }

    @Test
    void theGapBesideALongPromptCanBeMeasured() throws Exception {
        assertNothingWrong(new Gap(), "--runs", "1", "--prompt-tokens", "400");
    }

    @Test
    void theEngineIsComparedWithItself() throws Exception {
        assertNothingWrong(new EngineRatio(), "--pairs", "1", "--tokens", "40");
    }

    @Test
    void aJournalIsReadAgainToItsLastRecord() throws Exception {
        assertNothingWrong(new Replay(), "--records", "100000");
    }

    @Test
    void settlementsAreBookedOnceEachWhileTheirCostIsMeasured() throws Exception {
        assertNothingWrong(new Settle(), "--wallets", "40", "--seconds", "1");
    }

    @Test
    void seedsOfTheCrashSimulatorAreRunInMemoryAndOnPostgresql() throws Exception {
        assertNothingWrong(
                new Crash(),
                "--seeds",
                "20",
                "--requests",
                "200",
                "--postgres-seeds",
                "2",
                "--postgres-requests",
                "60");
    }

    @Test
    void withoutItsDatabaseTheServerGivesNothingAwayAndLosesNothing() throws Exception {
        assertNothingWrong(new Outage(), "--seconds", "5", "--rate", "40");
    }

    @Test
    void everyRequestsMoneyIsBookedOnceWhileItsCostIsMeasured() throws Exception {
        assertNothingWrong(new HotPath(), "--wallets", "40", "--seconds", "1");
    }

    @Test
    void threeNodesSpendOneWalletToItsEndAndNeverBeyond() throws Exception {
        assertNothingWrong(new Nodes(), "--requests", "300", "--seconds", "4");
    }

    @Test
    void aMonthOfUsageIsReadFromItsSums() throws Exception {
        assertNothingWrong(new Month(), "--settlements", "20000");
    }

    @Test
    void whatIsRestoredIsWhatWasBackedUp() throws Exception {
        assertNothingWrong(new Backup(), "--settlements", "5000");
    }

    @Test
    void anOfficialClientIsInstalledAndWorksUnchanged() throws Exception {
        assertNothingWrong(new Clients(), "--only", "openai-python 3");
    }

    private static void assertNothingWrong(Measurement measurement, String... arguments)
            throws Exception {
        new CommandLine(measurement).parseArgs(arguments);
        Report report;
        try (Workbench bench = Workbench.open("test")) {
            report = measurement.measure(bench);
        }
        String text = report.text(measurement.getClass().getSimpleName());
        System.out.println(text);
        assertThat(report.lines()).isNotEmpty();
        assertThat(report.headline()).isNotEmpty();
        assertThat(report.wrong()).as(text).isEmpty();
        assertThat(measurement.fullSize()).isFalse();
    }
}
