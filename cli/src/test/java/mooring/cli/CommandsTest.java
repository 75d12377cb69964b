package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.cli.Shell.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CommandsTest {
    @TempDir Path folder = Path.of("");

    private FakeServer server;
    private Shell shell;

    CommandsTest() throws IOException {
        server = Samples.server();
        shell = new Shell(Path.of(""));
    }

    @BeforeEach
    void start() throws IOException {
        shell = Shell.beside(folder, server);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aNewOrganizationIsShownWithTheNextStep() {
        Result result = shell.run("org", "create", "acme", "--currency", "USD");

        assertThat(result.out())
                .isEqualTo(
                        """
                        organization  org_1
                        name          acme
                        currency      USD
                        zone          UTC

                        Next: mooring keys create --org org_1 --name NAME
                        """);
        assertThat(result.exitCode()).isZero();
        assertThat(server.bodyOf("/api/v1/organizations"))
                .isEqualTo("{\"name\":\"acme\",\"currency\":\"USD\"}");
        assertThat(server.asked().getFirst().idempotencyKey()).isNotBlank();
    }

    @Test
    void organizationsAreListedInAlignedColumnsWhateverTheirScript() {
        assertThat(shell.run("org", "list").out())
                .isEqualTo(
                        """
                        ORGANIZATION  NAME                 AVAILABLE         HELD  CURRENCY  ZONE              CREATED
                        org_1         acme               4.999123456  0.000876544  USD       UTC               2026-11-22T09:30:00Z
                        org_2         Ngā Tamariki 漢字            0            0  NZD       Pacific/Auckland  2026-11-22T09:31:00Z
                        """);
    }

    @Test
    void everyPageOfAListIsRead() {
        server.on(
                        "GET /api/v1/organizations?limit=200",
                        200,
                        "{\"data\": [" + Samples.ACME + "], \"next_cursor\": \"a/b=\"}")
                .on(
                        "GET /api/v1/organizations?limit=200&cursor=a%2Fb%3D",
                        200, Samples.listOf(Samples.KIWI));

        Result result = shell.run("org", "list", "--json");

        assertThat(Json.parse(result.out())).isEqualTo(Json.parse(Samples.ORGANIZATIONS));
    }

    @Test
    void aKeysSecretIsShownWhenItIsCreatedAndNeverAgain() {
        assertThat(shell.run("keys", "create", "--org", "acme", "--name", "laptop").out())
                .isEqualTo(
                        """
                        key           key_1
                        organization  org_1
                        project       proj_1
                        name          laptop
                        secret        sk-new

                        Keep the secret now: it is not shown again.
                        """);
        assertThat(shell.run("keys", "list", "--org", "acme").out())
                .isEqualTo(
                        """
                        KEY    NAME    PROJECT  BEGINS    CREATED               LAST USED             REVOKED
                        key_1  laptop  proj_1   sk-mo-ab  2026-11-22T09:30:00Z  2026-11-22T10:00:00Z  -
                        """);
    }

    @Test
    void aKeyIsMadeInTheProjectThatIsNamed() {
        shell.run("keys", "create", "--org", "acme", "--name", "x", "--project", "default");

        assertThat(server.bodyOf("/api/v1/organizations/org_1/keys"))
                .isEqualTo("{\"name\":\"x\",\"project_id\":\"proj_1\"}");
        Result unknown =
                shell.run("keys", "create", "--org", "acme", "--name", "x", "--project", "y");
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.err()).contains("No project is named \"y\" there.");
    }

    @Test
    void aBudgetThatIsThereGetsTheNewLimitAndOneThatIsNotIsMade() {
        assertThat(
                        shell.run(
                                        "budget",
                                        "set",
                                        "--org",
                                        "acme",
                                        "--period",
                                        "day",
                                        "--limit",
                                        "2.50",
                                        "--alerts",
                                        "80,100")
                                .out())
                .isEqualTo(
                        """
                        budget  bud_1
                        for     org_1
                        period  day
                        limit   2.50 USD
                        spent   1.25 USD
                        held    0.000876544 USD
                        left    1.249123456 USD
                        resets  2026-11-23T00:00:00Z
                        """);
        assertThat(server.bodyOf("/api/v1/organizations/org_1/budgets/bud_1"))
                .isEqualTo("{\"limit\":\"2.50\",\"thresholds\":[80,100]}");
        shell.run(
                "budget",
                "set",
                "--org",
                "acme",
                "--key",
                "key_1",
                "--period",
                "day",
                "--limit",
                "3");
        assertThat(server.asked().getLast().body())
                .isEqualTo("{\"key_id\":\"key_1\",\"period\":\"day\",\"limit\":\"3\"}");
    }

    @Test
    void aBudgetThatIsPutWronglyIsNotSent() {
        for (String[] wrong :
                new String[][] {
                    {"--period", "week", "--limit", "1"},
                    {"--period", "day", "--limit", "-1"},
                    {"--period", "day", "--limit", "1", "--project", "a", "--key", "key_1"},
                    {"--period", "day", "--limit", "1", "--key", "sk-mooring-secret"}
                }) {
            String[] line = new String[wrong.length + 4];
            System.arraycopy(new String[] {"budget", "set", "--org", "org_1"}, 0, line, 0, 4);
            System.arraycopy(wrong, 0, line, 4, wrong.length);
            Result result = shell.run(line);
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.err()).contains("--").doesNotContain("secret");
        }
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void limitsAreShownForTheWholeAndForEachPart() {
        assertThat(shell.run("limits", "show", "--org", "acme").out())
                .isEqualTo(
                        """
                        organization  org_1
                        recharged     12.00 USD
                        tier          tier1

                        FOR           CONCURRENCY  RPM      TPM  TPD
                        organization           50  500  2000000    -
                        acme-large              5    -        -    -
                        key_1                   -   10        -    -
                        """);
    }

    @Test
    void aLimitIsSetOrTakenAwayAndTheRestStays() {
        shell.run(
                "limits", "set", "--org", "acme", "--key", "key_1", "--rpm", "10", "--tpm", "none");
        assertThat(server.bodyOf("/api/v1/organizations/org_1/limits"))
                .isEqualTo("{\"rpm\":10,\"tpm\":null,\"key_id\":\"key_1\"}");
        for (String[] wrong :
                new String[][] {
                    {},
                    {"--rpm", "0"},
                    {"--rpm", "many"},
                    {"--rpm", "1", "--model", "m", "--key", "key_1"},
                    {"--rpm", "1", "--key", "sk-mooring-secret"}
                }) {
            String[] line = new String[wrong.length + 4];
            System.arraycopy(new String[] {"limits", "set", "--org", "org_1"}, 0, line, 0, 4);
            System.arraycopy(wrong, 0, line, 4, wrong.length);
            Result result = shell.run(line);
            assertThat(result.exitCode()).isEqualTo(2);
            assertThat(result.err()).contains("--").doesNotContain("secret");
        }
    }

    @Test
    void aSecretThatWasLostWithItsAnswerIsSaid() {
        AtomicInteger calls = new AtomicInteger();
        server.on(
                "POST /api/v1/organizations/org_1/keys",
                exchange -> {
                    if (calls.incrementAndGet() == 1) {
                        exchange.close();
                    } else {
                        FakeServer.send(exchange, 201, Samples.KEY);
                    }
                });

        Result result = shell.run("keys", "create", "--org", "org_1", "--name", "laptop");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo(
                        "mooring: The key key_1 was made, but its secret was lost with the"
                                + " connection: use mooring keys revoke key_1, then create"
                                + " another.\n");
    }

    @Test
    void aRevokedKeyIsShownWithItsInstant() {
        assertThat(shell.run("keys", "revoke", "key_1").out())
                .isEqualTo(
                        """
                        key      key_1
                        name     laptop
                        revoked  2026-11-22T11:00:00Z
                        """);
    }

    @Test
    void aSecretPastedWhereAnIdBelongsIsNotRepeated() {
        Result result = shell.run("keys", "revoke", "sk-pasted-secret");

        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).doesNotContain("pasted").contains("begins with key_");
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void aTopUpGoesToTheOneOrganizationOfThatName() {
        Result result = shell.run("topup", "acme", "25.00", "--reason", "welcome");

        assertThat(result.out())
                .isEqualTo(
                        """
                        transfer  trf_1
                        added     25.00 USD
                        reason    welcome
                        balance   4.999123456 USD
                        """);
        assertThat(server.bodyOf("/api/v1/organizations/org_1/credits"))
                .isEqualTo("{\"amount\":\"25.00\",\"reason\":\"welcome\"}");
    }

    @Test
    void aTopUpToANameThatTwoOrganizationsHaveIsRefused() {
        server.on(
                "GET /api/v1/organizations",
                200,
                Samples.listOf(Samples.ACME + "," + Samples.ACME.replace("org_1", "org_3")));

        Result result = shell.run("topup", "acme", "25", "--reason", "welcome");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo(
                        "mooring: 2 organizations are named \"acme\": say which by id, org_1 or"
                                + " org_3.\n");
    }

    @Test
    void aTopUpWhoseAnswerIsLostIsSentOnceMoreUnderTheSameKey() {
        server.on("POST /api/v1/organizations/org_1/credits", exchange -> exchange.close());

        Result result = shell.run("topup", "org_1", "25", "--reason", "welcome");

        assertThat(server.asked()).hasSize(2);
        String key = String.valueOf(server.asked().getFirst().idempotencyKey());
        assertThat(server.asked().getLast().idempotencyKey()).isEqualTo(key);
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("repeat safely with --idempotency-key " + key);
    }

    @Test
    void anAmountThatIsNotAnExactDecimalAboveZeroIsMisuse() {
        for (String amount : new String[] {"5,00", "0.000", "1e3", "0.0000000001", "five", "-5"}) {
            Result result = shell.run("topup", "acme", amount, "--reason", "x");

            assertThat(result.exitCode()).as(amount).isEqualTo(2);
            assertThat(result.err()).as(amount).hasLineCount(1);
        }
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void aTopUpSaysWhatKindOfCreditItIsAndWhenItEnds() {
        shell.run(
                "topup",
                "acme",
                "25.00",
                "--reason",
                "plan",
                "--kind",
                "allowance",
                "--priority",
                "7",
                "--expires",
                "2026-12-22T09:30:00Z");

        assertThat(server.bodyOf("/api/v1/organizations/org_1/credits"))
                .isEqualTo(
                        "{\"amount\":\"25.00\",\"reason\":\"plan\",\"kind\":\"allowance\",\"priority\":7,"
                                + "\"expires_at\":\"2026-12-22T09:30:00Z\"}");
    }

    @Test
    void aChargeBackSaysWhatIsOwedNow() {
        Result result = shell.run("wallet", "charge-back", "acme", "25", "--reason", "reversed");

        assertThat(result.out())
                .isEqualTo(
                        """
                        transfer  trf_2
                        taken     25.00 USD
                        reason    reversed
                        owed      1.50 USD
                        balance   4.999123456 USD
                        """);
        assertThat(server.bodyOf("/api/v1/organizations/org_1/charge-backs"))
                .isEqualTo("{\"amount\":\"25\",\"reason\":\"reversed\"}");
        assertThat(shell.run("wallet", "charge-back", "acme", "-5", "--reason", "x").exitCode())
                .isEqualTo(2);
    }

    @Test
    void lotsAndTransfersAreListed() {
        assertThat(shell.run("wallet", "lots", "acme").out())
                .isEqualTo(
                        """
                        LOT    KIND         PRIORITY  AMOUNT  REMAINING  CURRENCY  EXPIRES               CREATED
                        lot_1  promotional        50    5.00       4.00  USD       2026-12-22T09:30:00Z  2026-11-22T09:30:00Z
                        """);
        assertThat(shell.run("wallet", "transfers", "acme").out())
                .isEqualTo(
                        """
                        TRANSFER  BOOKED                KIND       CHANGE  CURRENCY  REASON
                        trf_1     2026-11-22T09:30:00Z  promotion    5.00  USD       welcome
                        """);
        assertThat(server.asked().getLast().query()).isEqualTo("limit=50");
        shell.run("wallet", "lots", "acme", "--all");
        assertThat(server.asked().getLast().query()).isEqualTo("state=all&limit=200");
        assertThat(shell.run("wallet", "transfers", "acme", "--last", "201").err())
                .startsWith("mooring: --last: 201 (expected: 1 to 200).");
    }

    @Test
    void aVouchersCodeIsShownWhenItIsMadeAndNeverAgain() {
        Result made =
                shell.run(
                        "voucher",
                        "create",
                        "5.00",
                        "--reason",
                        "welcome",
                        "--uses",
                        "10",
                        "--credit-days",
                        "30");

        assertThat(made.out())
                .isEqualTo(
                        """
                        VOUCHER  CODE              AMOUNT  CURRENCY
                        vch_1    MV-7Q2XK-1-2-3-4    5.00  USD

                        Keep the codes now: they are not shown again.
                        """);
        assertThat(server.bodyOf("/api/v1/vouchers"))
                .isEqualTo(
                        "{\"amount\":\"5.00\",\"reason\":\"welcome\",\"count\":1,\"max_redemptions\":10,"
                                + "\"once_per_organization\":true,\"credit_days\":30}");
        assertThat(shell.run("voucher", "list").out())
                .isEqualTo(
                        """
                        VOUCHER  BEGINS    STATE  REDEEMED  OF  AMOUNT  CURRENCY  KIND         VALID UNTIL           REASON
                        vch_1    MV-7Q2XK  open          2  10    5.00  USD       promotional  2026-12-31T00:00:00Z  welcome
                        """);
    }

    @Test
    void codesThatWereLostWithTheirAnswerAreSaid() {
        server.on("POST /api/v1/vouchers", 201, Samples.listOf(Samples.VOUCHER));

        Result result = shell.run("voucher", "create", "5", "--reason", "welcome");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("their codes were lost").contains("vch_1");
    }

    @Test
    void aVoucherIsRevokedByItsIdAndNeverByItsCode() {
        assertThat(shell.run("voucher", "revoke", "vch_1").out())
                .isEqualTo(
                        """
                        voucher   vch_1
                        redeemed  2 of 10
                        revoked   2026-11-22T11:00:00Z
                        """);
        Result pasted = shell.run("voucher", "revoke", "MV-7Q2XK-1-2-3-4");
        assertThat(pasted.exitCode()).isEqualTo(2);
        assertThat(pasted.err()).doesNotContain("7Q2XK").contains("begins with vch_");
    }

    @Test
    void aVoucherIsRedeemedForAnOrganization() {
        assertThat(shell.run("voucher", "redeem", "acme", "MV-7Q2XK-1-2-3-4").out())
                .isEqualTo(
                        """
                        voucher   vch_1
                        transfer  trf_1
                        added     5.00 USD
                        kind      promotional
                        expires   2026-12-22T09:30:00Z
                        balance   4.999123456 USD
                        """);
        assertThat(server.bodyOf("/api/v1/organizations/org_1/redemptions"))
                .isEqualTo("{\"code\":\"MV-7Q2XK-1-2-3-4\"}");
    }

    @Test
    void usageIsSplitAndSummed() {
        Result result =
                shell.run(
                        "usage",
                        "--org",
                        "acme",
                        "--from",
                        "2026-11-01",
                        "--to",
                        "2026-11-30",
                        "--by",
                        "model",
                        "--by",
                        "day");

        assertThat(result.out())
                .isEqualTo(
                        """
                        MODEL         DAY         REQUESTS  INPUT  CACHE READ  CACHE WRITE  OUTPUT  REASONING         COST  CURRENCY
                        smollm2-135m  2026-11-22        12   3400        1200            0     560         60  0.001234567  USD
                        total                           12   3400        1200            0     560         60  0.001234567  USD
                        Corrections booked in this time: -0.0001 USD
                        """);
        assertThat(server.asked().getLast().query())
                .isEqualTo(
                        "from=2026-11-01T00%3A00%3A00Z&to=2026-12-01T00%3A00%3A00Z"
                                + "&group_by=model&group_by=day");
    }

    @Test
    void aDayOfAZoneBeginsThere() {
        shell.run("usage", "--org", "acme", "--from", "2026-11-01", "--zone", "Asia/Kathmandu");
        assertThat(server.asked().getLast().query())
                .isEqualTo("from=2026-10-31T18%3A15%3A00Z&zone=Asia%2FKathmandu");
    }

    @Test
    void requestsAreListedShownAndExported() {
        assertThat(shell.run("requests", "list", "--org", "acme", "--status", "stop,length").out())
                .isEqualTo(
                        """
                        ID     STARTED               MODEL         STATUS  INPUT  OUTPUT       COST  CURRENCY
                        req_1  2026-11-22T10:00:00Z  smollm2-135m  stop       34       2  0.0000042  USD
                        """);
        assertThat(server.asked().getLast().query())
                .isEqualTo("status=stop&status=length&limit=50");
        assertThat(shell.run("requests", "show", "--org", "acme", "req_1").out())
                .containsPattern("first token +9000")
                .containsPattern("input +34 +million_tokens +0.10 +0.0000034");
        assertThat(shell.run("requests", "export", "--org", "acme", "-").out())
                .isEqualTo(Samples.REQUEST);
        assertThat(server.asked().getLast().query()).isEqualTo("format=csv");
    }

    @Test
    void aDayOrSplitThatDoesNotExistIsMisuse() {
        assertThat(shell.run("usage", "--org", "acme", "--from", "2026-02-30").err())
                .isEqualTo(
                        "mooring: --from: 2026-02-30 (expected: a day such as 2026-11-01, or an"
                                + " instant such as 2026-11-01T09:00:00Z). See: mooring usage"
                                + " --help\n");
        Result result = shell.run("usage", "--org", "acme", "--by", "week");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.err()).startsWith("mooring: --by: week (expected: model, key, project,");
    }

    @Test
    void modelsAreListedWithWindowAndPrices() {
        assertThat(shell.run("models").out())
                .isEqualTo(
                        """
                        MODEL         WINDOW  DEFAULT MAX TOKENS  INPUT  CACHE READ  OUTPUT  CURRENCY
                        smollm2-135m    8192                1024   0.10       0.025    0.40  USD
                        """);
        assertThat(shell.run("models", "--replicas").out())
                .isEqualTo(
                        """
                        MODEL         REPLICA         ENGINE     STATE  TOKENS   URL                     DETAIL
                        smollm2-135m  smollm2-135m-1  llama.cpp  ready  settled  http://127.0.0.1:41001  -
                        """);
    }

    @Test
    void pricesAreShownWithWhatWaitsToBePublished() {
        server.on(
                "GET /api/v1/prices",
                200,
                Samples.PRICES.replace(
                        "\"unpublished_changes\": []",
                        "\"unpublished_changes\": [\"smollm2-135m output: 0.40 becomes 0.50\"]"));

        assertThat(shell.run("prices", "show").out())
                .isEqualTo(
                        """
                        Price version 1 (prc_1) of list default, in force from 2026-11-22T09:00:00Z, per million tokens:

                        MODEL         TIER      FROM  INPUT  CACHE READ  CACHE WRITE 5M  CACHE WRITE 1H  OUTPUT  CURRENCY
                        smollm2-135m  standard     0   0.10       0.025            0.10            0.20    0.40  USD

                        MODEL         CALL       EACH  CURRENCY
                        smollm2-135m  request  0.0001  USD

                        To come: version 2 (prc_2) of list default, in force from 2026-12-01T00:00:00Z.

                        The price file differs:
                        - smollm2-135m output: 0.40 becomes 0.50
                        Put it in force with: mooring prices publish
                        """);
        assertThat(shell.run("prices", "publish").out())
                .startsWith(
                        """
                        Published price version 1 (prc_1) of list default, in force from 2026-11-22T09:00:00Z.

                        Price version 1""");
    }

    @Test
    void pricesAreComparedAndAFileThatCannotBePublishedEndsWithOne() {
        Result clean = shell.run("prices", "diff");
        assertThat(clean.exitCode()).isZero();
        assertThat(clean.out())
                .isEqualTo(
                        """
                        List acme changes its currency: USD -> EUR
                        LIST     MODEL         ITEM    TIER      FROM   OLD   NEW  CHANGE  CURRENCY
                        default  smollm2-135m  output  standard     0  0.40  0.50   +25 %  USD
                        """);
        server.on(
                "GET /api/v1/prices/diff",
                200,
                "{\"data\": [], \"currencies\": [], \"problems\": [\"no price for x\"]}");
        Result refused = shell.run("prices", "diff", "--effective-from", "2026-12-01T00:00:00Z");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.out())
                .isEqualTo(
                        """
                        No price changes.

                        The price file cannot be published:
                        - no price for x
                        """);
    }

    @Test
    void anOrganizationIsGivenAPriceList() {
        assertThat(shell.run("prices", "assign", "acme", "acme").out())
                .isEqualTo(
                        """
                        LIST  FROM                  TO  ASSIGNED
                        acme  2026-12-01T00:00:00Z  -   2026-11-22T09:00:00Z
                        """);
        assertThat(shell.run("prices", "assigned", "acme").out())
                .contains("acme  2026-12-01T00:00:00Z");
    }

    @Test
    void aLedgerThatHoldsEndsWellAndOneThatDoesNotIsRefused() {
        Result holds = shell.run("ledger", "verify");
        assertThat(holds.exitCode()).isZero();
        assertThat(holds.out())
                .isEqualTo(
                        """
                        CHECK     VIOLATIONS  STATEMENT
                        balanced           0  Debits equal credits in every transfer.

                        Nothing found in 1 checks.
                        """);

        server.on(
                "POST /api/v1/ledger/verify",
                200,
                Samples.LEDGER
                        .replace("true", "false")
                        .replace("\"violations\": 0", "\"violations\": 1")
                        .replace("[]", "[\"trf_9: debits 5, credits 4\"]"));
        Result violated = shell.run("ledger", "verify");
        assertThat(violated.exitCode()).isEqualTo(1);
        assertThat(violated.out())
                .isEqualTo(
                        """
                        CHECK     VIOLATIONS  STATEMENT
                        balanced           1  Debits equal credits in every transfer.

                        balanced: trf_9: debits 5, credits 4
                        The ledger is violated: keep its database as it is, and compare the rows above.
                        """);
        assertThat(shell.run("ledger", "verify", "--json").exitCode()).isEqualTo(1);
    }

    @Test
    void nodesAreListedAndGivenUpOnlyOnAPlainWord() {
        assertThat(shell.run("node", "list").out())
                .isEqualTo(
                        """
                        NODE  EPOCH  STATE    LEASES UNTIL           LEASED
                        n1        3  suspect  2026-11-22T09:30:00Z  4.5 USD
                        """);
        Result unsure = shell.run("node", "lost", "n1");
        assertThat(unsure.exitCode()).isEqualTo(2);
        assertThat(unsure.err()).contains("--yes").contains("n1");
        assertThat(server.asked()).noneMatch(asked -> asked.method().equals("POST"));
        assertThat(shell.run("node", "lost", "n1", "--yes").out())
                .isEqualTo(
                        """
                        node      n1
                        epoch     3
                        wallets   2
                        unbilled  4.5 USD
                        """);
    }

    @Test
    void settingsAreShownWithTheirOrigin() {
        assertThat(shell.run("config", "show").out())
                .isEqualTo(
                        """
                        SETTING       VALUE     ORIGIN
                        port          8080      default
                        database-url  ********  MOORING_DATABASE_URL
                        """);
    }

    @Test
    void versionShowsThisProgramAndTheServer() {
        assertThat(shell.run("version").out())
                .isEqualTo(
                        """
                        mooring  0.1.0
                        server   0.1.0
                        java     25.0.1
                        schema   3
                        """);
    }

    @Test
    void versionWithoutAServerStillShowsThisProgram() {
        Result result = new Shell(folder.resolve("elsewhere")).run("version");

        assertThat(result.exitCode()).isZero();
        assertThat(result.out())
                .isEqualTo(
                        """
                        mooring  0.1.0
                        server   No instance runs in .mooring: start one with ./mooring up.
                        """);
        assertThat(new Shell(folder.resolve("elsewhere")).run("version", "--json").exitCode())
                .isEqualTo(1);
    }

    @Test
    void whatAServerSendsCannotSteerATerminal() {
        server.on(
                "GET /api/v1/organizations",
                200,
                Samples.listOf(Samples.ACME.replace("acme", "a\\u001b[31mc\\nme")));

        assertThat(shell.run("org", "list").out()).contains("a\uFFFD[31mc me").hasLineCount(2);
    }
}
