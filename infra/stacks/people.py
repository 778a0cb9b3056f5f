"""Who may come in: two pools of people, because a load balancer lets in a whole pool and knows no roles."""

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.configuration import Configuration

_FEWEST_CHARACTERS = 14


class People(Construct):
    """A pool of people with the page that they log in at; nobody signs up, an operator is invited.

    Parameters
    ----------
    scope : Construct
        Stack that it belongs to.
    config : Configuration
        Of the installation.
    who : str
        Their name, such as ``operators``.
    hosts : sequence of str
        Names of the sites that they log in to.

    Attributes
    ----------
    pool : cognito.UserPool
        The people.
    client : cognito.UserPoolClient
        The load balancer as a client of the pool.
    domain : cognito.UserPoolDomain
        Where they log in.
    """

    def __init__(self, scope: Construct, config: Configuration, who: str, hosts: list[str]) -> None:
        super().__init__(scope, who.capitalize())
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=config.named(who),
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=_FEWEST_CHARACTERS,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=cdk.Duration.days(3),
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=config.keeps_data,
            removal_policy=cdk.RemovalPolicy.RETAIN if config.keeps_data else cdk.RemovalPolicy.DESTROY,
        )
        self.domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                domain_prefix=f"{config.named(who)}-{config.account}"
            ),
        )
        self.client = self.pool.add_client(
            "Entrance",
            generate_secret=True,
            prevent_user_existence_errors=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=[f"https://{host}/oauth2/idpresponse" for host in hosts],
                logout_urls=[f"https://{host}/" for host in hosts],
            ),
            id_token_validity=cdk.Duration.hours(1),
            access_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.days(1),
        )

    @property
    def issuer(self) -> str:
        """Who signs the tokens of these people."""
        return f"https://cognito-idp.{cdk.Stack.of(self).region}.amazonaws.com/{self.pool.user_pool_id}"
