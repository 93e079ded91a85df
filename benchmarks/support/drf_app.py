"""The customer routes as a Django REST framework application would have them.

The same tables, JSON and rules as OmniCore's: a token is checked, the user and the permissions of
its roles are read from the database, customers see themselves only.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

import django
import jwt
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY=os.environ["BENCH_SECRET"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework", "support"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    USE_TZ=True,
    TIME_ZONE="UTC",
    REST_FRAMEWORK={
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django wants its settings first
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import (  # noqa: E402
    authentication,
    exceptions,
    generics,
    pagination,
    permissions,
    serializers,
)
from rest_framework.response import Response  # noqa: E402


class Table(models.Model):
    """A table that somebody else made."""

    class Meta:
        abstract = True
        managed = False


class Customer(Table):
    """Who is billed."""

    customer_id = models.BigAutoField(primary_key=True)
    customer_name = models.CharField(max_length=255)
    customer_account_type = models.CharField(max_length=20)
    customer_status = models.CharField(max_length=40)
    customer_payment_type = models.CharField(max_length=20)
    customer_enabled = models.BooleanField()
    tax_identifier = models.CharField(max_length=60, null=True)
    contract_start_date = models.DateTimeField(null=True)
    contract_end_date = models.DateTimeField(null=True)
    customer_notes = models.TextField(null=True)
    created = models.DateTimeField()
    last_modified = models.DateTimeField()

    class Meta(Table.Meta):
        db_table = "customer"


class Contact(Table):
    """A person at a customer."""

    contact_id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    contact_firstname = models.CharField(max_length=120)
    contact_lastname = models.CharField(max_length=120)
    contact_email = models.CharField(max_length=254)
    contact_phone = models.CharField(max_length=40, null=True)
    contact_types = models.CharField(max_length=255)

    class Meta(Table.Meta):
        db_table = "customer_contact"
        ordering: ClassVar[list[str]] = ["contact_id"]


class Site(Table):
    """Where services are delivered."""

    site_id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="sites")
    address_line_1 = models.CharField(max_length=255, null=True)
    address_line_2 = models.CharField(max_length=255, null=True)
    city = models.CharField(max_length=120, null=True)
    state = models.CharField(max_length=120, null=True)
    zip_code = models.CharField(max_length=40, null=True)
    country = models.CharField(max_length=120)

    class Meta(Table.Meta):
        db_table = "customer_site"
        ordering: ClassVar[list[str]] = ["site_id"]


class Permission(Table):
    """One capability."""

    name = models.CharField(max_length=120)

    class Meta(Table.Meta):
        db_table = "permission"


class Role(Table):
    """A named set of permissions."""

    permissions = models.ManyToManyField(Permission, db_table="role_permission")

    class Meta(Table.Meta):
        db_table = "role"


class User(Table):
    """Who may log in."""

    contact = models.ForeignKey(Contact, models.SET_NULL, null=True)
    active = models.BooleanField()
    deleted = models.BooleanField()
    roles = models.ManyToManyField(Role, db_table="user_role")
    is_authenticated = True

    class Meta(Table.Meta):
        db_table = "user"


class ContactSerializer(serializers.ModelSerializer):
    """A contact in an answer."""

    customer_id = serializers.IntegerField()

    class Meta:
        model = Contact
        fields = (
            "contact_id",
            "customer_id",
            "contact_firstname",
            "contact_lastname",
            "contact_email",
            "contact_phone",
            "contact_types",
        )


ROW = (
    "customer_id",
    "customer_name",
    "customer_account_type",
    "customer_status",
    "customer_payment_type",
    "customer_enabled",
    "tax_identifier",
    "contract_start_date",
    "contract_end_date",
    "customer_notes",
    "created",
    "last_modified",
)
ADDRESS = ("address_line_1", "address_line_2", "city", "state", "zip_code", "country")


class RowSerializer(serializers.ModelSerializer):
    """A customer in a list."""

    class Meta:
        model = Customer
        fields = ROW


class AddressSerializer(serializers.ModelSerializer):
    """An address."""

    class Meta:
        model = Site
        fields = ADDRESS


class CustomerSerializer(RowSerializer):
    """A customer with its contacts and the address of its first site."""

    contacts = ContactSerializer(many=True)

    class Meta(RowSerializer.Meta):
        fields = (*ROW, "contacts")

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        """The customer's fields and those of its first site."""
        sites = instance.sites.all()
        address = AddressSerializer(sites[0]).data if sites else dict.fromkeys(ADDRESS)
        return {**super().to_representation(instance), **address}


class TokenAuthentication(authentication.BaseAuthentication):
    """A Bearer token."""

    def authenticate(self, request: Any) -> tuple[User, None]:
        """The user behind it, from the database."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        try:
            claims = jwt.decode(header[7:], settings.SECRET_KEY, algorithms=["HS256"])
        except jwt.InvalidTokenError as error:
            raise exceptions.AuthenticationFailed from error
        user = User.objects.filter(pk=int(claims["sub"]), active=True, deleted=False).first()
        if user is None:
            raise exceptions.AuthenticationFailed
        granted = Permission.objects.filter(role__user=user)
        user.permissions = set(granted.values_list("name", flat=True))
        return user, None


class MaySeeCustomers(permissions.BasePermission):
    """Staff see all customers, customers see themselves."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether either right is there."""
        return bool(request.user.permissions & {"admin", "view_customer", "view_own_customer"})


class Pages(pagination.PageNumberPagination):
    """``{data, pagination}``."""

    page_size_query_param = "per_page"

    def get_paginated_response(self, data: Any) -> Response:
        """The envelope."""
        paginator = self.page.paginator
        shown = {
            "current_page": self.page.number,
            "per_page": paginator.per_page,
            "total_pages": paginator.num_pages,
            "total_items": paginator.count,
        }
        return Response({"data": data, "pagination": shown})


class Customers:
    """What the two views share."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (MaySeeCustomers,)

    def get_queryset(self) -> Any:
        """The customers that the caller may see."""
        user = self.request.user  # type: ignore[attr-defined]
        if user.permissions & {"admin", "view_customer"}:
            return Customer.objects.all()
        return Customer.objects.filter(pk=user.contact.customer_id if user.contact else -1)


class CustomerView(Customers, generics.RetrieveAPIView):
    """One customer."""

    serializer_class = CustomerSerializer

    def get_queryset(self) -> Any:
        """With what is shown beside it."""
        return super().get_queryset().prefetch_related("contacts", "sites")


class CustomerList(Customers, generics.ListAPIView):
    """A page of customers."""

    serializer_class = RowSerializer
    pagination_class = Pages

    def get_queryset(self) -> Any:
        """In order, without archived ones."""
        return super().get_queryset().exclude(customer_status="Archived").order_by("-customer_id")


urlpatterns = [
    path("customers/<int:pk>", CustomerView.as_view()),
    path("customers", CustomerList.as_view()),
]
app = get_wsgi_application()
