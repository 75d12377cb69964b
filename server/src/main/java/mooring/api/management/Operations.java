package mooring.api.management;

import java.util.Map;
import java.util.TreeSet;

/// Who carries out which operation: one handler for each, or the door does not open at all.
final class Operations {

    private final Map<String, OperationHandler> handlers;

    /// @throws IllegalStateException when the contract and the handlers do not name the same
    ///   operations
    Operations(Contract contract, Map<String, OperationHandler> handlers) {
        TreeSet<String> unserved = new TreeSet<>(contract.operationIds());
        unserved.removeAll(handlers.keySet());
        TreeSet<String> unwritten = new TreeSet<>(handlers.keySet());
        unwritten.removeAll(contract.operationIds());
        if (!unserved.isEmpty() || !unwritten.isEmpty()) {
            throw new IllegalStateException(
                    "operations without a handler: "
                            + unserved
                            + ", handlers without an operation: "
                            + unwritten
                            + " (expected: none of either)");
        }
        this.handlers = Map.copyOf(handlers);
    }

    /// Every operation on these services.
    static Map<String, OperationHandler> of(ManagementServices services) {
        IdempotentWrites writes = new IdempotentWrites();
        OrganizationsResource organizations =
                new OrganizationsResource(
                        services.organizations(),
                        services.balances(),
                        services.prices(),
                        services.clock(),
                        writes);
        ProjectsResource projects =
                new ProjectsResource(services.projects(), organizations, writes);
        BudgetsResource budgets = new BudgetsResource(services.budgets(), organizations, writes);
        KeysResource keys = new KeysResource(services.keys(), organizations, writes);
        CreditsResource credits = new CreditsResource(services.wallets(), organizations);
        VouchersResource vouchers =
                new VouchersResource(services.vouchers(), organizations, writes);
        StatementsResource statements =
                new StatementsResource(services.statements(), organizations);
        UsageResource usage = new UsageResource(services.usage(), organizations, services.clock());
        LimitsResource limits =
                new LimitsResource(
                        services.limits(),
                        services.limitTable(),
                        services.catalog(),
                        organizations,
                        writes);
        AllowlistResource allowlist = new AllowlistResource(services.allowlists(), organizations);
        RequestsResource requests =
                new RequestsResource(
                        services.requests(),
                        services.adjustments(),
                        organizations,
                        services.clock());
        ModelsResource models =
                new ModelsResource(
                        services.catalog(),
                        services.replicas(),
                        services.engineCounts(),
                        services.prices(),
                        services.clock());
        PricesResource prices =
                new PricesResource(
                        services.prices(), services.publisher(), writes, services.clock());
        PriceListsResource priceLists =
                new PriceListsResource(
                        services.priceLists(), organizations, services.publisher(), writes);
        LedgerResource ledger = new LedgerResource(services.verifier());
        NodesResource nodes = new NodesResource(services.nodes(), writes);
        BackupsResource backups = new BackupsResource(services.backups());
        SystemResource system = new SystemResource(services.config(), services.version());
        return Map.ofEntries(
                Map.entry("createOrganization", organizations::create),
                Map.entry("listOrganizations", organizations::list),
                Map.entry("getOrganization", organizations::read),
                Map.entry("getBalance", organizations::balance),
                Map.entry("changeOrganization", organizations::change),
                Map.entry("createProject", projects::create),
                Map.entry("listProjects", projects::list),
                Map.entry("createBudget", budgets::create),
                Map.entry("listBudgets", budgets::list),
                Map.entry("changeBudget", budgets::change),
                Map.entry("endBudget", budgets::end),
                Map.entry("getAllowlist", allowlist::read),
                Map.entry("replaceAllowlist", allowlist::replace),
                Map.entry("getLimits", limits::read),
                Map.entry("changeLimits", limits::change),
                Map.entry("createKey", keys::create),
                Map.entry("listKeys", keys::list),
                Map.entry("revokeKey", keys::revoke),
                Map.entry("addCredit", credits::add),
                Map.entry("chargeBack", credits::chargeBack),
                Map.entry("listLots", statements::lots),
                Map.entry("listTransfers", statements::transfers),
                Map.entry("createVouchers", vouchers::create),
                Map.entry("listVouchers", vouchers::list),
                Map.entry("revokeVoucher", vouchers::revoke),
                Map.entry("redeemVoucher", vouchers::redeem),
                Map.entry("getUsage", usage::report),
                Map.entry("exportUsage", usage::export),
                Map.entry("listRequests", requests::list),
                Map.entry("exportRequests", requests::export),
                Map.entry("getRequest", requests::read),
                Map.entry("adjustRequest", requests::adjust),
                Map.entry("listModels", models::list),
                Map.entry("listPrices", prices::read),
                Map.entry("publishPrices", prices::publish),
                Map.entry("diffPrices", prices::diff),
                Map.entry("listPriceAssignments", priceLists::list),
                Map.entry("assignPriceList", priceLists::assign),
                Map.entry("verifyLedger", ledger::verify),
                Map.entry("listNodes", nodes::list),
                Map.entry("loseNode", nodes::lose),
                Map.entry("takeBackup", backups::take),
                Map.entry("confirmBackup", backups::verified),
                Map.entry("showLastBackup", backups::last),
                Map.entry("showConfig", system::config),
                Map.entry("getVersion", system::version));
    }

    OperationHandler handler(ContractOperation operation) {
        OperationHandler handler = handlers.get(operation.id());
        if (handler == null) {
            throw new IllegalStateException("no handler for " + operation.id());
        }
        return handler;
    }
}
